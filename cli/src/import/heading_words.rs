//! The words themselves. `=` the whole header must be this word; `?` the content should confirm
//! it; `>` a date of reporting, not of the event; `!` yes means that it must not be shared.
//! Accents and case do not count. Languages whose word is shared stand without one.

use super::headings::Field::{self, *};

#[rustfmt::skip]
pub(super) const LISTS: &[(Field, &str, &str)] = &[
    (Date, "", "date, =dates"),
    (Date, "en", "date of incident, incident date, date of event, =when, when did it happen, =day, =month, date of last visit, \
        >date reported, >reported on, >date of report, >report date, >date added, >timestamp, >entry date, >created, >date created, >created time, \
        >submission date, >submission time, >submitted at, >submitted on, >date submitted, >submit date, >completion time, >last modified time, >start time"),
    (Date, "fr", "date des faits, date de l'incident, date de l'agression, =quand, =jour, =mois, >date de signalement, >date du signalement, \
        >date d'ajout, >horodateur, >horodatage, >date de soumission, >signale le, >date de saisie"),
    (Date, "ru", "дата, дата происшествия, дата случая, дата инцидента, =когда, =месяц, когда произошло, когда это было, \
        >дата добавления, >дата записи, >дата сообщения, >отметка времени"),
    (Date, "es", "fecha, fecha del incidente, fecha de los hechos, =cuando, =mes, =dia, >fecha de reporte, >fecha de registro, \
        >fecha de denuncia, >marca temporal"),
    (Date, "zh", "日期, 时间, 時間, 发生时间, 发生日期, 發生時間, 事发时间, 事发日期, 月份, 何时, >录入时间, >登记日期, >提交时间, >举报时间, >时间戳记, >时间戳, >完成时间"),
    (Date, "de", "datum, =wann, =tag, datum des vorfalls, >meldedatum, >zeitstempel"),
    (Date, "uk", "=коли, дата події, >дата повідомлення"),
    (Date, "pt", "=data, data do incidente, data do ocorrido, data da ocorrencia, =quando, =mes, >data do registro, >carimbo de data"),

    (Area, "", "region, =zone, =local"),
    (Area, "en", "area, =where, where did it happen, city, town, location, place, county, =state, province, district, country, borough, suburb, \
        postcode, address, neighbourhood, neighborhood, venue"),
    (Area, "fr", "lieu, ville, =ou, departement, pays, endroit, secteur, quartier, commune, adresse, code postal, lieu des faits"),
    (Area, "ru", "город, место, =где, регион, область, район, страна, адрес, где произошло, населенный пункт"),
    (Area, "es", "lugar, ciudad, =donde, zona, provincia, =pais, ubicacion, localidad, direccion, municipio, barrio"),
    (Area, "zh", "地点, 地點, 城市, 地区, 地區, 区域, 地方, 省份, 国家, 位置, 所在地, 地址, =省, =市"),
    (Area, "de", "=ort, stadt, =wo, gebiet, =land, bundesland, tatort, stadtteil, adresse des vorfalls"),
    (Area, "uk", "місто, місце, =де, регіон, країна, район події"),
    (Area, "pt", "cidade, lugar, =onde, regiao, =estado, =pais, bairro, local do incidente"),

    (Phone, "", "whatsapp, whats app, tel, mobile, =gsm, =sms, telefon, =viber, =mob, mobil"),
    (Phone, "en", "phone, telephone, phone number, mobile number, =cell, cell phone, cell number, ?number, ?numbers, =?no, contact number, contact no, caller id, =?contact, \
        =?contacts, ?contact details, ?contact info, client contact, =signal, mobile no, mob no, ph no, =ph, landline, phones, calls from, called from, texts from"),
    (Phone, "fr", "telephone, portable, numero de telephone, ?numero, ?numeros, n de tel, n tel, no tel, num tel, =?num, ?coordonnees, ?numero de contact, =?contact, =?contacts, =fixe, contact du client, ?n appelant, numero appelant"),
    (Phone, "ru", "телефон, тел, номер телефона, ?номер, ?номера, мобильный, сотовый, вотсап, ватсап, телефоны, =?контакт, =?контакты, ?контактныи номер, ?контактныи телефон, контакт клиента, контакты клиента, номера телефонов, =моб, тлф, с какого номера"),
    (Phone, "es", "telefono, telefonos, movil, celular, numero de telefono, ?numero, =?contacto, =?contactos, ?numero de contacto, contacto del cliente, =fijo, =cel, tfno, tlfno, tlf, tfn, n de telefono, nro de telefono"),
    (Phone, "zh", "电话, 電話, 手机, 手機, 电话号码, 手机号, 手机号码, 联系电话, 电话号, ?号码, ?號碼, ?联系方式, ?聯繫方式, ?联系号码, ?联系人电话, 来电号码, 客人电话, 客户电话, 座机"),
    (Phone, "de", "telefonnummer, handy, handynummer, rufnummer, ?nummer, mobilnummer, ?kontaktnummer, =?kontakt, =?kontakte, =festnetz, tel nr, telefonnr, kundennummer telefon, telefon kunde, handynr"),
    (Phone, "uk", "номер телефону, мобільний, ?номер клієнта, =?контакт, =?контакти, ?контактний номер, ?контактний телефон"),
    (Phone, "pt", "telefone, telemovel, celular do cliente, numero de telefone, celular, ?numero de contacto, ?numero de contato, =?contato, =?contatos, =?contacto, ?numero, contato do cliente, contacto do cliente, =telef"),

    (Email, "", "email, e mail, mail, emails"),
    (Email, "en", "e mail address, email address"),
    (Email, "fr", "courriel, adresse mail, adresse e mail, mel"),
    (Email, "ru", "почта, эл почта, электронная почта, имейл, емейл, мейл, емайл"),
    (Email, "es", "correo, correo electronico"),
    (Email, "zh", "邮箱, 郵箱, 邮件, 电子邮件, 电子邮箱, 電郵"),
    (Email, "uk", "пошта, ел пошта, електронна пошта"),

    (Account, "", "telegram, instagram, insta, snapchat, =snap, facebook, =fb, twitter, wechat, =tg, =vk, tiktok, skype, discord, =kik, onlyfans"),
    (Account, "en", "account, username, user name, =handle, handles, social media, socials, screen name, messenger, app name, accounts"),
    (Account, "fr", "compte, identifiant, reseaux sociaux, reseau social, comptes"),
    (Account, "ru", "аккаунт, телеграм, телеграмм, =тг, инстаграм, =инста, соцсети, соц сети, =вк, вконтакте, логин, имя пользователя, юзернейм, аккаунты, ник в тг, ник в телеграм, ник тг, тг ник, телеграм ник, ник в инстаграм, ник в вк"),
    (Account, "es", "cuenta, =usuario, redes sociales, nombre de usuario"),
    (Account, "zh", "微信, 微信号, 账号, 帐号, 账户, =qq, 用户名, 社交账号, 社交媒体, 帳號"),
    (Account, "de", "konto, benutzername, soziale medien"),
    (Account, "uk", "акаунт, обліковий запис, соцмережі"),
    (Account, "pt", "conta, nome de usuario, utilizador"),

    (Plate, "en", "plate, licence no, license no, tag number, rego, license plate, licence plate, number plate, vehicle reg, vehicle registration, registration, =reg, reg number, reg no, car reg, \
        =vrm, plate number, plates, car number"),
    (Plate, "fr", "plaque, n de plaque, n plaque, plaques, immatriculation, immat, plaque d'immatriculation, numero de plaque"),
    (Plate, "ru", "гос номер авто, госномер авто, номера авто, номер тачки, номер машины, номер авто, госномер, гос номер, номер автомобиля, автономер, =грз, номера машины, номер тс"),
    (Plate, "es", "matricula, placa, =patente, placas, numero de placa, numero de matricula"),
    (Plate, "zh", "车牌, 车牌号, 车牌号码, 車牌, 車牌號碼"),
    (Plate, "de", "kfz kennzeichen, kfz, kennzeichen, nummernschild, autokennzeichen"),
    (Plate, "uk", "держномер, номерний знак, номер автівки"),
    (Plate, "pt", "matricula, placa, chapa, placa do veiculo, matricula da viatura, placa do carro, matricula do carro"),

    (Vehicle, "", "=auto"),
    (Vehicle, "en", "car, vehicle, car make, =van, vehicle description, make and model, car description, description of car, description of vehicle, car details"),
    (Vehicle, "fr", "vehicule, voiture, marque et modele, description du vehicule, description de la voiture"),
    (Vehicle, "ru", "машина, авто, автомобиль, тачка, транспорт, описание машины, описание авто, марка машины, на чем приехал"),
    (Vehicle, "es", "coche, vehiculo, descripcion del vehiculo, descripcion del coche"),
    (Vehicle, "zh", "车, 车辆, 汽车, 车型, 車輛, 車"),
    (Vehicle, "de", "fahrzeug, wagen, pkw, auto des kunden"),
    (Vehicle, "uk", "автівка, опис авто"),
    (Vehicle, "pt", "carro, veiculo, viatura"),

    (Url, "", "url, =web, =link, =www"),
    (Url, "en", "website, profile link, profile url, =profile, profile page, =links, web page"),
    (Url, "fr", "lien, site web, =site, =profil, page web"),
    (Url, "ru", "ссылка, =сайт, ссылка на профиль, =профиль, ссылки"),
    (Url, "es", "enlace, pagina web, =perfil, =pagina, sitio web"),
    (Url, "zh", "链接, 网址, 网站, 主页, 連結"),
    (Url, "uk", "посилання"),

    (Text, "", "description, details, incident, =info, observations"),
    (Text, "en", "what happened, what did he do, what he did, what they did, what went wrong, what was done, =problem, =issue, =issues, =notes, =note, comment, comments, =story, =report, summary, information, incident details, =warning, =reason, \
        other info, other information, description of incident, narrative, additional information, behaviour, behavior, =remarks"),
    (Text, "fr", "ce qui s'est passe, ce qu'il a fait, ce qu'il s'est passe, qu'a t il fait, ce qui est arrive, =texte, =histoire, que s'est il passe, faits, les faits, commentaire, commentaires, remarques, recit, =motif, =infos, \
        description des faits, deroulement, remarque, comportement, =probleme"),
    (Text, "ru", "коммент, что случилось, что было, что натворил, как было, =рассказ, =текст, =проблема, описание, комментарий, комментарии, подробности, детали, примечание, примечания, =история, что произошло, ситуация, \
        причина, инцидент, что сделал, суть, =заметки"),
    (Text, "es", "descripcion, lo que hizo, que hizo, que sucedio, lo ocurrido, lo sucedido, =problema, =texto, que paso, que ocurrio, detalles, comentarios, =notas, hechos, observaciones, incidente, =motivo, relato, lo que paso, \
        descripcion de los hechos, comentario"),
    (Text, "zh", "描述, 事情, 做了什么, 发生的事, 事由, 原因, 过程, 事件, 经过, 情况, 说明, 备注, 详情, 内容, 发生了什么, 事情经过, 事发经过, 情况说明, 經過, 備註, 細節, 细节"),
    (Text, "de", "beschreibung, was hat er getan, was er getan hat, was war, geschichte, ablauf, schilderung, =text, =problem, was ist passiert, bemerkung, bemerkungen, kommentar, vorfall, notizen, hergang"),
    (Text, "uk", "опис, що сталося, що трапилося, коментар, деталі, подробиці"),
    (Text, "pt", "descricao, o que fez, o que ele fez, o que houve, o que se passou, =relato, =problema, =texto, o que aconteceu, detalhes, observacoes, relato do ocorrido, ocorrido"),

    (Level, "", "=danger, =score"),
    (Level, "en", "level, level of danger, level of risk, how bad, threat level, severity, =risk, danger level, rating, risk level, =rank, =grade, dangerousness, how dangerous, danger rating, seriousness, priority, =colour, =color"),
    (Level, "fr", "dangerosite, niveau, gravite, niveau de risque, =risque, degre, evaluation, niveau de danger"),
    (Level, "ru", "опасность, уровень, уровень опасности, степень, степень опасности, оценка, =риск, =балл, баллы, насколько опасен, уровень риска"),
    (Level, "es", "=nivel, peligro, peligrosidad, gravedad, =riesgo, nivel de riesgo, puntuacion, nivel de peligro"),
    (Level, "zh", "等级, 级别, 危险等级, 危险程度, 危险级别, 严重程度, 风险, 风险等级, 危险, 等級, 危險"),
    (Level, "de", "stufe, gefahr, gefahrenstufe, schwere, risiko, gefahrlichkeit, gefährlichkeit"),
    (Level, "uk", "небезпека, рівень, ризик, рівень небезпеки"),
    (Level, "pt", "gravidade, nivel, =grau, grau de perigo, perigo, =risco, nivel de perigo, nivel de risco, perigosidade"),

    (Codes, "", "=code, =codes, =type"),
    (Codes, "en", "category, categories, type of incident, incident type, =tags, =tag, offence, offense, type of offence"),
    (Codes, "fr", "categorie, type d'incident, nature, categories d'incident, type de faits, type d'agression"),
    (Codes, "ru", "категория, =тип, =вид, =код, тип происшествия, вид происшествия"),
    (Codes, "es", "categoria, =tipo, codigo, tipo de incidente"),
    (Codes, "zh", "类别, 类型, 分类, 代码, 事件类型, 類別"),
    (Codes, "de", "kategorie, =art, =typ, art des vorfalls"),
    (Codes, "uk", "категорія, тип події"),

    (Consent, "en", "consent, anonymous alert, ok to share, can we share, share anonymously, may we share, permission, alert ok, agree to share, agrees to share, \
        =share, =sharing, =publish, share with others, happy to share, okay to share, shareable, can be shared, \
        !do not share, !don't share, !not to be shared, !keep private, !=private, !=confidential, !opt out, !opted out, !not for sharing, \
        =public, =is public, make public, go public, ok to publish, can publish, may publish, can be published, may be published, to be published, publish this, \
        publish ok, ok for publication, =publication, =published, share with, share this, share it, share publicly, share online, share ok, share info, share y n, sharing ok, \
        sharing allowed, allow sharing, allowed to share, may be shared, to be shared, sharable, ok for sharing, consents to, agrees to, authorised to share, \
        authorized to share, authorisation, authorization, ok for alert, ok to alert, ok for alerts, can alert, may alert, alert others, alert other, send alert, =?alert, =?alerts, \
        warn others, warn other, ok to warn, can warn, may warn, =?warn, tell others, ok to tell, ok to post, can post, can we post, ok to circulate, circulate to, =circulate, \
        =distribute, ok to distribute, pass on to others, ok to pass on, can be passed on, ok to release, =release, =?agreed, =?agrees, =?allowed, =?permitted, \
        !internal only, !=internal, !internal use, !for internal, !keep internal, !in house only, !police only, !only police, !only for police, !only for us, !just for us, !us only, \
        !staff only, !team only, !not public, !do not publish, !don't publish, !dont publish, !dont share, !not for publication, !not to be published, !do not alert, !don't alert, \
        !no alert, !no alerts, !no sharing, !do not warn, !don't warn, !do not post, !don't post, !not to share, !do not distribute, !do not circulate, !cannot share, \
        !cannot be shared, !can not be shared, !can't share, !must not be shared, !do not pass on, !refuses to share, !refused to share"),
    (Consent, "fr", "consentement, acceptes tu qu'on partage, acceptez vous, acceptes tu, d'accord pour qu'on, peut on le partager, =accord, accord pour, =partage, =partager, partage anonyme, =diffusion, accord de diffusion, peut on partager, diffusion possible, \
        partage ok, d'accord pour, autorisation, alerte anonyme, partage possible, \
        !ne pas partager, !ne pas diffuser, !=confidentiel, !refus de partage, !=prive, \
        peut etre partage, peut etre partagee, peut etre publie, peut etre diffuse, peut etre diffusee, a partager, a diffuser, a publier, accord diffusion, accord partage, \
        accord publication, accord de partage, accord de publication, diffusion autorisee, diffusion ok, diffusion acceptee, partage autorise, partage accepte, \
        publication autorisee, publication ok, =publier, =publication, =diffuser, =diffusable, =partageable, =public, =publique, =publiable, on peut partager, on peut diffuser, \
        peut on diffuser, peut on publier, ok pour partage, ok pour partager, ok pour diffusion, ok pour diffuser, ok pour publier, ok partage, ok diffusion, ok alerte, \
        ok pour alerte, =?alerte, =?alerter, alerter les autres, prevenir les autres, avertir les autres, partager avec, autorise le partage, autorise la diffusion, accepte le partage, \
        accepte la diffusion, transmission autorisee, =?autorise, =?autorisee, \
        !ne pas publier, !ne pas transmettre, !ne pas alerter, !interne seulement, !=interne, !usage interne, !en interne, !police uniquement, !police seulement, \
        !uniquement police, !refus de diffusion, !refuse le partage, !refuse la diffusion, !non diffusable, !pas de partage, !pas de diffusion"),
    (Consent, "ru", "согласие, можно публиковать, можно ли публиковать, можно ли рассказать, можно ли передать, можно ли поделиться, можно ли показать, можно делиться, разрешение, согласна, разрешает, разрешено, можно ли делиться, можно передавать, =публиковать, \
        анонимно можно, согласна на публикацию, !не публиковать, !не делиться, !не распространять, !не передавать, !=конфиденциально, \
        делиться можно, можно поделиться, можно рассказать, можно распространять, можно рассылать, можно показывать, публиковать можно, публикация, =публикуем, =опубликовать, \
        разрешила, разрешено публиковать, согласие на публикацию, согласие на передачу, согласен, =делиться, =поделиться, =распространять, =передавать, =публично, =публичный, \
        =публичная, =в общий доступ, =открыто, предупредить других, предупреждать других, оповестить других, оповещать других, =?оповещение, =?можно, =?рассылка, поделиться с другими, \
        делиться с другими, !не рассылать, !не разглашать, !не оповещать, !=нельзя, !только для нас, !только внутри, !для внутреннего, !внутреннее, !только для полиции, \
        !только полиции, !только полиция, !отказ от публикации"),
    (Consent, "es", "consentimiento, se puede compartir, =compartir, permiso, autoriza, autorizacion, acepta compartir, alerta anonima, puede compartirse, \
        !no compartir, !no publicar, !no difundir, !=confidencial, !=privado, \
        se puede publicar, se puede difundir, se puede avisar, puede compartir, puede publicarse, puede difundirse, podemos compartir, autoriza difusion, autoriza compartir, \
        =difusion, =difundir, difusion autorizada, =publicar, =publico, =publica, =publicacion, apto para compartir, compartir con, de acuerdo en compartir, acepta difusion, \
        acepta publicar, acepta que, avisar a otras, alertar a otras, =?alerta, =?alertar, =?autorizado, =?autorizada, ok para compartir, \
        !solo interno, !uso interno, !=interno, !solo policia, !no se puede compartir, !no avisar, !=no autoriza"),
    (Consent, "zh", "同意, 是否同意, 同意分享, 可否分享, 可以分享, 授权, 匿名分享, 是否公开, 允许, 愿意分享, 是否分享, 是否可以分享, !不公开, !不分享, !保密, !不要分享, \
        公开, 公開, 可公开, 可以公开, 同意公开, 可分享, 能否分享, 能否公开, 可否公开, 是否可公开, 能分享, =分享, =发布, 可以发布, 是否发布, 同意发布, 共享, 可转发, 可以转发, 是否转发, \
        同意轉發, 許可, 许可, 提醒他人, 提醒其他人, 是否提醒, 可以提醒, 允許, 授權, 可以告诉, \
        !不要公开, !不要转发, !勿外传, !不外传, !请勿, !仅内部, !仅限内部, !内部使用, !只限内部, !仅供内部, !仅警方, !仅限警方, !=不同意"),
    (Consent, "de", "einwilligung, zustimmung, einverstanden, darf geteilt werden, weitergabe, =teilen, !nicht teilen, !nicht weitergeben, !=vertraulich, \
        kann geteilt werden, darf weitergegeben werden, darf veroffentlicht werden, darf man teilen, teilen erlaubt, teilen ok, veroffentlichen, veroffentlichung, =offentlich, \
        freigabe, =freigegeben, teilen mit, andere warnen, =?warnen, warnung ok, =weitergeben, zum teilen, \
        !nicht veroffentlichen, !nur intern, !=intern, !nur polizei, !nur fur polizei, !nicht offentlich, !nicht warnen"),
    (Consent, "uk", "згода, дозвіл, можна ділитися, !не поширювати, !не публікувати, \
        можна публікувати, можна поширювати, можна передавати, можна розповісти, =публікувати, =публікація, згода на публікацію, =поширювати, =ділитися, =публічно, дозволено, \
        дозволяє, згодна, попередити інших, сповістити інших, !не ділитися, !не передавати, !не можна, !тільки для нас, !тільки поліція, !для внутрішнього"),
    (Doubt, "", "=consent in doubt"),
    (Consent, "pt", "=consentimento, pode compartilhar, pode partilhar, autorizacao, !nao compartilhar, !nao partilhar"),

    (Reporter, "en", "reported by, reporter, submitted by, your name, your phone, your email, your contact, worker name, =worker, =workers, sex worker, sw name, sw contact, \
        =source, informant, entered by, =staff, staff member, staff name, victim, who reported, added by, =provider, escort, complainant, initials, =author, recorded by, \
        taken by, logged by, survivor, reporting person, report from, from whom, worker phone, worker contact, posted by, created by, last modified by, modified by, filled in by, completed by, respondent, ip address, ipaddress, user ip, submission ip, witness, member name, reporting party, worker initials"),
    (Reporter, "fr", "signalement fait par, fait par, signale par, signalee par, declare par, signalante, signalant, auteure du signalement, votre nom, votre telephone, votre mail, victime, rapporte par, \
        transmis par, saisi par, declarante, temoin, qui signale, travailleuse, plaignante, saisie par, personne qui signale, redige par, cree par, rempli par, repondant, adresse ip"),
    (Reporter, "ru", "кто сообщил, кто сообщила, сообщила, сообщил, от кого, =источник, =автор, кто прислал, кто добавил, заявитель, заявительница, пострадавшая, \
        ваше имя, ваш телефон, кто написал, девушка, потерпевшая, кем сообщено, кем создано, респондент, ip адрес, добавил, добавила, прислала"),
    (Reporter, "es", "como contactarte, reportado por, reporta, denunciado por, informado por, =fuente, informante, victima, quien reporta, quien reporto, tu nombre, tu telefono, enviado por, \
        su nombre, trabajadora, denunciante, quien informa, reportada por, creado por, direccion ip"),
    (Reporter, "zh", "举报人, 报告人, 提交人, =来源, 上报人, 填写人, 受害人, 受害者, 举报者, 姐妹, 举报人姓名, 舉報人, 记录人, 您的姓名, 反映人, 爆料人, 你的"),
    (Reporter, "de", "gemeldet von, meldende, melderin, =quelle, opfer, eingetragen von, ihr name, geschadigte, wer meldet, erstellt von, ip adresse"),
    (Reporter, "uk", "хто повідомив, хто повідомила, =джерело, авторка, потерпіла, повідомила, ваше ім'я, заявниця"),
    (Reporter, "pt", "relatado por, denunciada por, =fonte, quem denunciou, seu nome, seu telefone, criado por, endereco ip, =vitima, quem reportou"),

    (Language, "", "=lang"),
    (Language, "en", "language"),
    (Language, "fr", "langue"),
    (Language, "ru", "язык"),
    (Language, "es", "idioma"),
    (Language, "zh", "语言, 語言"),
    (Language, "de", "sprache"),
    (Language, "uk", "мова"),

    (Name, "", "=alias, =nick, =client"),
    (Name, "en", "name, nickname, client name, =names, aliases, first name, known as, name given, customer, name used, punter, =john"),
    (Name, "fr", "pseudo, surnom, =nom, prenom, pseudonyme, nom du client, pseudos, nom donne, prenom donne"),
    (Name, "ru", "ник, имя, кличка, клиент, как представился, имя клиента, прозвище, никнейм, фио"),
    (Name, "es", "nombre, apodo, cliente, nombre del cliente, =mote, nombres"),
    (Name, "zh", "姓名, 昵称, 名字, 客人, 称呼, 客户, 網名, 网名, 嫖客"),
    (Name, "de", "spitzname, kunde, vorname, nachname, kundenname"),
    (Name, "uk", "ім'я, нік, клієнт, прізвисько"),
    (Name, "pt", "nome, apelido, nome do cliente"),

    (Ignore, "", "=id, =nr, =status, parasol reason, =index, =n"),
    (Ignore, "en", "=time, time of incident, time of day, =hour, =row, =ref, reference, case number, incident number, report number, file number, =age, ethnicity, race, nationality, \
        appearance, physical description, client description, description of client, height, build, action taken, follow up, police informed, reported to police, \
        ad link, =ad, advert, photo, picture, hair, accent, tattoos, legal name, full name"),
    (Ignore, "fr", "=heure, numero de dossier, reference du dossier, =age, ethnie, origine, nationalite, apparence, description physique, signalement physique, \
        suites donnees, plainte, annonce, photo, taille, corpulence, accent, tatouages"),
    (Ignore, "ru", "=время, возраст, внешность, приметы, национальность, рост, фото, номер записи, номер случая, статус, объявление, время суток, ссылка на анкету"),
    (Ignore, "es", "=hora, =edad, apariencia, descripcion fisica, nacionalidad, etnia, foto, anuncio, numero de caso, estatura"),
    (Ignore, "zh", "序号, 编号, 年龄, 外貌, 国籍, 照片, 身高, 状态, 体貌特征"),
    (Ignore, "de", "uhrzeit, =alter, aussehen, herkunft, =foto, =anzeige, staatsangehorigkeit, fallnummer"),
    (Ignore, "uk", "=час, вік, зовнішність, фото клієнта"),
    (Ignore, "pt", "=idade, aparencia, nacionalidade, fotografia"),
];
