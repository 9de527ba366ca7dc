//! Help of `izingate check` in Turkish.

/// What the command does.
pub const ABOUT: &str = "Tek bir soru sorar: bu marka bu alıcıya bunu gönderebilir mi? Yanıt, her yanıt gibi kayda geçer. Çıkış kodu: 0 \
     ALLOW; 6 DENY; 5 DEFER (yeniden sorun); 1 yanıt alınamadı.";

/// Help of each argument, by its name.
pub const HELP: &[(&str, &str)] = &[
    (
        "data",
        "Kararı bu işlemin vereceği veri klasörü; üzerinde bir ağ geçidi çalışıyor olabilir. Bir ağ geçidi kadar bellek ister \
         [varsayılan: çalışan bir ağ geçidi]",
    ),
    (
        "endpoint",
        "Çalışan bir ağ geçidi: http://SUNUCU:PORT ya da SUNUCU:PORT [ortam: IZINGATE_ENDPOINT] [varsayılan: http://127.0.0.1:7070]",
    ),
    ("brand", "Markanın İYS numarası (brandCode)"),
    ("channel", "ARAMA, MESAJ ya da EPOSTA"),
    ("recipient_type", "BIREYSEL ya da TACIR [varsayılan: BIREYSEL]"),
    ("retailer", "Markanın iznini kullanan bayi [varsayılan: markanın kendisi]"),
    ("purpose", "TICARI, MUAF_6_1, MUAF_6_2, MUAF_6_4 ya da KAPSAM_DISI [varsayılan: TICARI]"),
    ("min_revision", "Görünür olması gereken veri sürümü; değilse yanıt DEFER olur [varsayılan: 0]"),
    ("reference", "Kanıtta saklanacak, size ait bir not"),
    ("caller", "Kanıtta saklanacak adınız [varsayılan: izingate-check]"),
    ("lang", "Yanıtın dili: en ya da tr [varsayılan: yerel ayara göre]"),
    ("evidence", "--data ile: kararın kaydedileceği klasör [varsayılan: veri klasörünün yanında DATA.evidence]"),
    (
        "secret_file",
        "--data ile: takma adların gizli anahtarının dosyası [ortam: IZINGATE_SECRET_FILE, ya da anahtarın kendisi IZINGATE_SECRET]",
    ),
    (
        "exempt_only",
        "--data ile: İYS'de olmayan göndericiler yalnız istisna kapsamında kayıtlı olabilir (policy.exempt_only gibi)",
    ),
    ("recipient", "Adres: +90 532…, 0532… ya da bir e-posta"),
];
