//! Text as people type it: whatever is a handle or an area has one canonical form that stays.
#![no_main]

use libfuzzer_sys::fuzz_target;
use parasol_fuzz::seeds::{reached, reached_if, watched};
use parasol_protocol::area::{Area, default_cities};
use parasol_protocol::handle::{
    Country, Handle, HandleKind, mask_numbers, parse, phones_in, plates_in,
};

fuzz_target!(|input: (u8, &str)| {
    watched(|| read(input.0, input.1));
});

fn read(which: u8, text: &str) {
    let countries = ["FR", "GB", "RU", "CA", "CN", "UA"];
    let country = countries.get(usize::from(which & 7));
    let country = country.and_then(|c| Country::parse(c).ok());
    let kind = HandleKind::ALL.get(usize::from(which >> 3 & 7)).copied();
    if let Ok(parsed) = parse(text, kind, country) {
        let canonical = parsed.handle.to_canonical_string();
        assert_eq!(Handle::from_canonical(&canonical).unwrap(), parsed.handle);
        let again = parse(&canonical, None, None).unwrap();
        assert_eq!(again.handle, parsed.handle);
        reached();
    }
    if let Ok(handle) = Handle::from_canonical(text) {
        assert_eq!(handle.to_canonical_string(), text);
    }
    if let Ok(area) = Area::from_canonical(text) {
        assert_eq!(area.to_string(), text);
        reached();
    }
    if let Ok(area) = Area::parse(text, &default_cities()) {
        assert_eq!(Area::from_canonical(&area.to_string()).unwrap(), area);
        reached();
    }
    let phones = phones_in(text, country);
    let plates = plates_in(text, country);
    reached_if(!phones.is_empty() || !plates.is_empty());
    let _ = mask_numbers(text);
}
