//! Requests and answers on a stream: four bytes of length, most significant first, then the bytes.

use std::io;

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::StreamProtocol;
use libp2p::request_response;

/// Room that is made for a frame before any of it has arrived.
const FIRST_ROOM: usize = 64 * 1024;

/// Length-delimited bytes with a ceiling each way.
#[derive(Clone, Copy, Debug)]
pub(super) struct BytesCodec {
    pub(super) max_request: usize,
    pub(super) max_response: usize,
}

impl request_response::Codec for BytesCodec {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io, self.max_request).await
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io, self.max_response).await
    }

    async fn write_request<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        body: Vec<u8>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write(io, &body, self.max_request).await
    }

    async fn write_response<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        body: Vec<u8>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write(io, &body, self.max_response).await
    }
}

async fn read<T: AsyncRead + Unpin + Send>(io: &mut T, limit: usize) -> io::Result<Vec<u8>> {
    let mut prefix = [0; 4];
    io.read_exact(&mut prefix).await?;
    let size = u32::from_be_bytes(prefix);
    let len = usize::try_from(size).unwrap_or(usize::MAX);
    if len > limit {
        let text = format!("{size} bytes announced, {limit} allowed");
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    // The announced length is a claim: memory grows with what really arrives.
    let mut body = Vec::with_capacity(len.min(FIRST_ROOM));
    io.take(u64::from(size)).read_to_end(&mut body).await?;
    if body.len() != len {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(body)
}

async fn write<T>(io: &mut T, body: &[u8], limit: usize) -> io::Result<()>
where
    T: AsyncWrite + Unpin + Send,
{
    let size = match u32::try_from(body.len()) {
        Ok(size) if body.len() <= limit => size,
        _ => {
            let text = format!("{} bytes to send, {limit} allowed", body.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
    };
    io.write_all(&size.to_be_bytes()).await?;
    io.write_all(body).await
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
mod tests {
    use futures::executor::block_on;
    use futures::io::Cursor;

    use super::*;

    fn frame(body: &[u8]) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        block_on(write(&mut out, body, 100)).unwrap();
        out.into_inner()
    }

    #[test]
    fn bytes_come_back() {
        for body in [&b""[..], b"x", &[7; 100]] {
            let frame = frame(body);
            assert_eq!(block_on(read(&mut Cursor::new(frame), 100)).unwrap(), body);
        }
    }

    #[test]
    fn the_frame_is_a_length_and_the_bytes() {
        assert_eq!(frame(b"abc"), [0, 0, 0, 3, b'a', b'b', b'c']);
    }

    #[test]
    fn an_announced_length_above_the_limit_is_refused_before_any_byte_is_read() {
        let error = block_on(read(&mut Cursor::new([0xff; 4]), 100)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let error = block_on(read(&mut Cursor::new([0, 0, 0, 101]), 100)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_frame_that_ends_early_is_an_error() {
        let mut frame = frame(b"abc");
        while frame.pop().is_some() {
            let error = block_on(read(&mut Cursor::new(frame.clone()), 100)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        }
    }

    #[test]
    fn too_much_is_not_sent() {
        let mut out = Cursor::new(Vec::new());
        let error = block_on(write(&mut out, &[0; 101], 100)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(out.into_inner().is_empty());
    }
}
