//! The patterns: beginnings of words, `=` for a whole word. English, French, Russian, Spanish,
//! Chinese, and the plainest of German, Ukrainian and Portuguese.

use parasol_protocol::particulars::Code::{self, *};

#[rustfmt::skip]
pub(super) const PATTERNS: &[(Code, &str)] = &[
    (SexualViolence, "=rape, =raped, =rapist, =raping, sexual assault, sexually assault, =sa, forced sex, forced anal, forced oral, sex without consent, molest, \
        =viol, =viole, =violee, =violeur, agression sexuelle, agresse sexuellement, violence sexuelle, rapport force, sodomie forc, =violer, \
        изнасил, сексуальн насил, насильно секс, принудил секс, домогал, \
        violacion, =violo, =violador, agresion sexual, abuso sexual, abuso sexualmente, forzo, \
        强奸, 性侵, 强暴, 強姦, 强迫 性, \
        vergewaltig, sexuell angegriff, згвалт, estupr"),
    (CondomRemoval, "remov condom, took condom off, took off condom, stealth, removes condom, pull condom off, slipped condom, broke condom purpose, \
        retir preservatif, retir capote, enlev preservatif, enlev capote, ote preservatif, stealthing, \
        снял презерватив, снимает презерватив, стянул презерватив, снял резинку, стелсинг, порвал презерватив, \
        quito condon, quito preservativo, quita condon, quita preservativo, saco condon, retiro condon, \
        摘 套, 摘掉避孕套, 脱套, 偷摘, 取下避孕套, \
        kondom abgezogen, kondom entfernt, зняв презерватив, tirou preservativo, tirou camisinha"),
    (PhysicalViolence, "assault, violent, violence, =hit, =hits, =beat, =beaten, =beating, beats, punch, slap, strangl, chok, kick, physical attack, attacked, hurt me, \
        grabbed, pushed me, shoved, bruis, bit me, hair pull, dragged, aggressive physically, abusive physically, =rough, \
        frapp, =coup, =coups, gifl, etrangl, serre gorge, tabass, agress, violenc, =cogne, brutal, battu, battue, bouscul, mordu, \
        избил, бил, ударил, побил, душил, избива, бьет, насили, пинал, схватил, толкнул, драл, таскал волос, \
        golpe, pego, agredi, violent, violenc, estrangul, ahorc, pateo, bofetad, empujo, maltrat, \
        打人, 殴打, 暴力, 掐脖子, 动手打, 打了, 家暴, 扇耳光, 毆打, 打伤, 虐待, \
        geschlagen, gewalt, gewurgt, verprugel, побив, вдарив, бив, bateu, agrediu"),
    (Weapon, "knife, =gun, =guns, weapon, =pistol, firearm, machete, =blade, taser, pepper spray, baseball bat, hammer, =armed, screwdriver, =knives, \
        couteau, =arme, =armes, =arme, pistolet, revolver, cutter, matraque, bombe lacrymo, batte, taser, \
        =нож, =ножом, =ножа, =ножи, оружи, пистолет, =ствол, шокер, перцов, битой, топор, =вооружен, \
        cuchillo, navaja, =arma, =armas, pistola, machete, =armado, \
        拿刀, 刀子, 持刀, 武器, 手枪, 枪, 匕首, 带刀, 有刀, \
        messer, waffe, pistole, =ніж, ножем, зброя, зброєю, faca"),
    (Drugging, "drugged, spiked, spik drink, put something drink, roofie, =ghb, rohypnol, date rape drug, sedat, laced, \
        drogue insu, drogue verre, mis verre, gbl, soumission chimique, droguee, droguer, somnifere, \
        подсыпал, подмешал, опоил, усыпил, клофелин, накачал наркот, \
        drogo, drogad, echo bebida, burundanga, escopolamina, \
        下药, 迷药, 迷奸, 下藥, \
        k.o.-tropfen, ko tropfen, betaubt, підсипав, drogou"),
    (Robbery, "robber, robbed, =rob, =robs, mugged, mugging, took money force, hold up, held up, =robbing, took money back, took back money force, \
        braqu, vol avec violence, vol arme, vole sous menace, depouill, racket, arrach sac, repris argent, reprend argent, \
        ограби, ограбл, грабе, отобрал, отнял, разбо, забрал деньги, забрал телефон силой, отжал, \
        atraco, asalt, atrac, me quito dinero, robo con violencia, robo a mano, quito telefono, quito movil, \
        抢劫, 抢走, 抢了, 搶劫, 打劫, 抢钱, \
        raub, ausgeraub, пограбув, відібрав, assalt, roubo armado"),
    (Confinement, "locked me in, locked door, locked in, would not let leave, wouldn let leave, not let leave, prevented leaving, kidnap, held against, imprison, blocked door, \
        trapped, refused let leave, abduct, held hostage, \
        sequestr, enferm, empech partir, empech sortir, bloqu porte, retenue contre, kidnapp, pas laisse partir, pas laisse sortir, \
        запер, заперл, удержива, не выпуска, не отпуска, не выпустил, похити, закрыл дверь, силой держал, \
        encerr, secuestr, no dejo salir, no dejaba salir, retuvo, retenid, \
        囚禁, 不让走, 关起来, 非法拘禁, 锁门, 绑架, 不让离开, 反锁, \
        eingesperrt, entfuhr, festgehalten, замкнув, не випускав, викрав людину, trancou"),
    (Theft, "theft, =stole, stolen, =steal, =steals, =stealing, =thief, stealing, pickpocket, took my phone, took my wallet, took my money, missing money, =thieves, \
        =vol, =vols, =vole, =voleur, derob, vol telephone, =voler, a vole, subtilis, \
        украл, кража, воров, =вор, стащил, обокрал, спер, ворует, =кражу, \
        =robo, hurto, =robar, ladron, robo telefono, robo movil, me robo, =robaron, \
        偷钱, 偷走, 偷窃, 盗窃, 小偷, 偷东西, 偷了, 偷手机, \
        gestohlen, diebstahl, geklaut, вкрав, крадіж, furto, roubou"),
    (NonPayment, "refused pay, not pay, didn pay, never paid, non payment, nonpayment, no payment, without paying, wouldn pay, unpaid, counterfeit, fake money, fake notes, \
        fake transfer, fake payment, bounced, chargeback, underpaid, short paid, didn't pay, hasn paid, left without pay, wanted money back, demand refund, not paid, \
        refus payer, refuse payer, pas paye, sans payer, impaye, faux billet, faux virement, non paiement, jamais paye, mauvais payeur, pas regle, refus de payer, non paye, \
        не заплатил, не оплатил, не платит, неоплат, не заплатив, не расплатил, фальшив, поддельн куп, отказался платить, кинул на деньги, ушел без оплаты, фейковый перевод, не перевел, \
        no pago, no paga, no quiso pagar, sin pagar, billete falso, billetes falsos, impago, transferencia falsa, nego pagar, no pagaba, \
        没付钱, 没有付钱, 不付钱, 没给钱, 不给钱, 拒绝付款, 假钞, 逃单, 赖账, 没付款, 不付款, 未付款, 白嫖, 没有给钱, 沒付錢, 跑单, 拒付, \
        nicht bezahlt, nicht gezahlt, falschgeld, не сплатив, nao pagou"),
    (Threats, "threat, =menace, intimidat, threaten, aggressive, aggression verbal, verbally abusive, verbal abuse, kill me, hostile, angry, abusive language, screamed, \
        menac, intimid, agressif, agressive, insultant menac, va tuer, \
        угрожа, угроз, угрожал, запугива, агрессив, шантажирует расправ, обещал убить, \
        amenaz, intimid, agresivo, agresiva, =amenazo, matarme, \
        威胁, 恐吓, 威脅, 恐嚇, \
        bedroh, gedroh, droht, погрож, ameac"),
    (Stalking, "stalk, follow me, followed me, following me, follows me, harass, waits outside, waiting outside, turned up, turns up, shows up home, came to my home, found my address, obsess, \
        harcel, suivi, suivie jusqu, me suit, poursui, attend en bas, traque, rode devant, \
        преследу, следит, следил, домогается, поджида, караулит, выслежива, нашел адрес, \
        acos, me sigue, me siguio, persigu, hostig, espera fuera, \
        跟踪, 骚扰, 尾随, 騷擾, 纠缠, 跟蹤, 蹲守, \
        belastig, verfolgt, переслід, стежить, стежив, perseguiu, assedi"),
    (OutingBlackmail, "blackmail, extort, =outed, =outing, threat out me, out me, publish photos, post photos, tell my family, tell landlord, expose, doxx, doxed, =dox, sextort, leak photos, revenge porn, \
        chantage, menac publi, menac diffus, divulg, menac reveler, extor, dire a ma famille, fait chanter, publier photo, =outer, \
        шантаж, вымога, выложит фото, разослать фото, грозит рассказ, опубликова фото, слить фото, рассказать родител, \
        chantaj, extors, publicar fotos, difundir fotos, contar a mi familia, exponer, amenazo publicar, divulg, \
        勒索, 敲诈, 曝光, 公开照片, 发布照片, 告诉家人, 散布照片, 要挟, 敲詐, 公开视频, \
        erpress, veroffentlich, шантаж, вимага, chantag"),
    (RecordedWithoutConsent, "record without, recorded video, recorded me, filmed, filming, secretly film, hidden camera, secret camera, took photos, taking photos, took pictures, recorded secretly, \
        secretly record, took video, spy cam, covert, \
        film insu, filme, filmait, camera cachee, photo cachette, photos cachette, enregistr insu, photos sans, photo insu, video cachette, photos insu, prend photos, pris photos, \
        снимал на, снимает на, скрыт камер, скрытую камеру, тайно снима, снял на видео, фотографирова, записал на видео, снимал видео, снимал телефон, \
        grabo, grabar, camara oculta, filmo, tomo fotos, fotos sin, video sin, graba escondid, grabando, \
        偷拍, 偷录, 摄像头, 录像, 录视频, 拍照, 拍视频, 偷偷拍, \
        gefilmt, heimlich, versteckte kamera, знімав на, приховану камеру, filmou, gravou"),
    (CondomRefusal, "refus condom, without condom, no condom, not wear condom, insist bareback, bareback, unprotected, pressure condom, wanted no protection, won wear condom, \
        refus preservatif, sans preservatif, sans capote, refus capote, insist sans protection, non protege, \
        без презерватив, отказался от презерватив, отказ презерватив, не хочет презерватив, без резинки, без защиты, \
        sin condon, sin preservativo, nego condon, nego preservativo, rechaz preservativo, \
        不戴套, 不带套, 拒绝戴套, 无套, 不肯戴套, 不用套, \
        ohne kondom, ohne gummi, без презерватива, sem preservativo, sem camisinha"),
    (ImpersonatesPolice, "pretend police, pretended be police, fake police, fake cop, impersonat, claimed police, says police officer, claims be police, posed police, pretend cop, undercover fake, fake badge, claimed cop, pretending officer, \
        passer policier, passer police, faux policier, pretend policier, dit policier, faux flic, usurp police, passer gendarme, faux gendarme, \
        представился полиц, представляется полиц, представился сотрудник, псевдополи, прикинулся полиц, липовый мент, ложный полиц, представился мент, представился участков, \
        paso por policia, falso policia, pasa por policia, finge policia, hizo pasar policia, hace pasar policia, fingio policia, \
        冒充警察, 假警察, 假扮警察, 冒充公安, 自称警察, 自称是警察, \
        falscher polizist, als polizist, представився поліц, falso policial"),
    (AbuseOfAuthority, "corrupt police, police officer demand, abuse of authority, abuse of power, real cop, on duty officer, police extort, immigration officer demand, misuse of authority, off duty officer, \
        abus autorite, abus de pouvoir, policier profit, abus de fonction, vrai policier, \
        злоупотреб, превышен полномоч, полицейский требовал, сотрудник полиции действующий, мент требовал, \
        abuso autoridad, abuso de poder, policia exige, policia corrupto, \
        滥用职权, 警察勒索, 执法人员, 濫用職權, \
        amtsmissbrauch, зловжив, abuso de autoridade"),
    (NoShow, "no show, noshow, time waster, timewaster, didn show, didn turn up, never turned up, never showed, stood up, cancelled last, cancels last, false booking, fake booking, time wasting, wasted my time, wastes time, did not show, \
        pas venu, pose lapin, lapin, jamais venu, faux rendez, pas presente, annule derniere, faux rdv, ne vient pas, perte de temps, fait perdre temps, \
        не пришел, не приехал, не явил, продинам, динамо, динами, ложный вызов, ложный заказ, не приходит, отменил последн, \
        no se presento, no vino, no aparecio, planton, no llego, cancelo ultimo, pierde tiempo, falsa cita, hace perder tiempo, \
        爽约, 放鸽子, 没来, 没有来, 浪费时间, 不来, 放鴿子, \
        nicht erschienen, nicht gekommen, zeitverschwend, не прийшов, не приїхав, nao apareceu"),
    (Haggling, "haggl, bargain, negotiat price, lower price, wanted discount, asks discount, lowball, asked cheaper, \
        negoci prix, marchand, rabais, baisser prix, negocie, negocier, discute prix, discute tarif, \
        торгова, торгует, торг, сбива цену, скидк, просит дешевле, \
        regate, descuento, rebaj, negocia precio, mas barato, \
        讨价还价, 砍价, 压价, 还价, 講價, 討價還價, \
        handeln, feilsch, торгує, знижк, pechinch"),
    (AbusiveCalls, "kept calling, keeps calling, abusive call, prank call, nuisance call, abusive text, repeated calls, abusive message, calls night, calling night, dirty talk, heavy breath, spam calls, constantly call, \
        kept texting, keeps texting, sexting, harassing calls, calls repeatedly, messages night, wank call, silent calls, offensive messages, called times, calls constantly, \
        appels repet, appels insist, appel repet, appelle sans cesse, appelle nuit, insult, appels nuit, messages insult, appels malveill, appelle sans arret, messages repet, harcel telephon, obscene, \
        звонит ночью, звонил ночью, названива, звонки ночью, постоянно звонит, оскорбля, спамит, матерится, молчит в трубку, звонит по ночам, \
        llamadas repet, llama noche, llamadas noche, insult, llamadas insist, no deja de llamar, mensajes insult, llamadas obscen, acoso telefon, \
        骚扰电话, 半夜打电话, 不停打电话, 一直打电话, 辱骂, 不停地打电话, 電話騷擾, \
        anrufe nachts, beleidig, telefonterror, дзвонить вночі, ображав, liga noite"),
];
