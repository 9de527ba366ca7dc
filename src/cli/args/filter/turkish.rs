//! Help of `izingate filter` in Turkish.

/// What the command does.
pub const ABOUT: &str = "Bir adres listesini süzer: CSV, çalışma kitabı (.xlsx, .xlsm, .xls) ya da her satırda bir adres; uzunluk sınırı \
     yoktur. Her satır, yanında kararı (decision) ve gerekçesiyle (reason) olduğu gibi çıkar; birden çok marka, tür ya da adres sütunu \
     sorulursa her birininkiyle. Okunamayan satırlar gerekçeleriyle OUT.rejected.csv dosyasına yazılır. Çıkış kodu: 0 bütün satırlar \
     ALLOW ya da DENY; 2 okunamayan satırlar var; 4 hiçbir adres okunamadı; 5 DEFER olan, yeniden sorulacak satırlar var; 1 yarıda \
     kaldı: kaç satırın yanıtlandığını ve nasıl sürdürüleceğini söyler.";

/// Help of each argument, by its name.
pub const HELP: &[(&str, &str)] = &[
    ("data", "Veri klasörü; üzerinde bir ağ geçidi çalışıyor olabilir [varsayılan: çalışan bir ağ geçidi]"),
    (
        "endpoint",
        "Çalışan bir ağ geçidi: http://SUNUCU:PORT ya da SUNUCU:PORT [ortam: IZINGATE_ENDPOINT] [varsayılan: http://127.0.0.1:7070]",
    ),
    ("brand", "Markanın İYS numarası (brandCode); birden çoksa virgülle ya da yineleyerek"),
    ("channel", "ARAMA, MESAJ ya da EPOSTA; birden çoksa virgülle ya da yineleyerek"),
    ("recipient_type", "BIREYSEL ya da TACIR [varsayılan: BIREYSEL]"),
    ("retailer", "Markanın iznini kullanan bayi [varsayılan: markanın kendisi]"),
    ("purpose", "TICARI, MUAF_6_1, MUAF_6_2, MUAF_6_4 ya da KAPSAM_DISI [varsayılan: TICARI]"),
    ("min_revision", "Görünür olması gereken veri sürümü; değilse her satır DEFER olur [varsayılan: 0]"),
    ("reference", "Kanıtta saklanacak, size ait bir not"),
    ("caller", "Kanıtta saklanacak adınız [varsayılan: izingate-filter]"),
    (
        "column",
        "Adres sütunu: adı ya da 1'den başlayan numarası; her biri ayrı sorulacaksa birkaçı virgülle (2,3) \
         [varsayılan: anlaşılabilen tek sütun]",
    ),
    ("email_column", "Telefonlar da soruluyorsa e-posta sütunu; --column gibi [varsayılan: anlaşılabilen tek sütun]"),
    ("delimiter", ", ; | ya da tab [varsayılan: bulunur ya da ilk satırdaki sep=; belirtir]"),
    (
        "header",
        "Listenin başlık satırı olup olmadığı: ilk satır ya da başlıktan önceki satırların altındaki bilinen adlar; true/evet ya da \
         false/hayır [varsayılan: bilinen bir sütun adı varsa]",
    ),
    ("encoding", "utf-8, utf-16, windows-1254 ya da iso-8859-9 [varsayılan: listenin işaretinden ve harflerinden]"),
    ("sheet", "Çalışma kitabının sayfası [varsayılan: dolu olan tek sayfa]"),
    (
        "out",
        "Satırların yazılacağı dosya: metin, ya da .xlsx ile bitiyorsa çalışma kitabı; bitene dek adı OUT.partial \
         [varsayılan: standart çıktı]",
    ),
    (
        "split",
        "Satırları olduğu gibi, her kararınkini ayrı dosyaya yazar: OUT.allowed, .blocked, .deferred ve, yalnızca marka modu izin verdiyse, \
         .not-enforced; birden çok adresi olan satır, hepsi uygunsa uygundur",
    ),
    ("duplicates", "Daha önce geçen adresleri ayrı bir sütunda işaretler"),
    ("language", "Her gerekçeyi ayrı bir sütunda açıklar: en ya da tr"),
    ("rejected", "Okunamayan satırların yazılacağı dosya [varsayılan: OUT.rejected.csv ya da FILE.rejected.csv]"),
    ("resume", "Aynı listenin yarıda kalan işini sürdürür"),
    ("force", "Var olanın üzerine yazar"),
    ("skip_lines", "Yanıtları zaten hazır olan satır sayısı: onlar için bir şey yazılmaz [varsayılan: 0]"),
    ("evidence", "--data ile: kararların kaydedileceği klasör [varsayılan: OUT.evidence ya da FILE.evidence]"),
    (
        "secret_file",
        "--data ile: takma adların gizli anahtarının dosyası [ortam: IZINGATE_SECRET_FILE, ya da anahtarın kendisi IZINGATE_SECRET]",
    ),
    ("exempt_only", "İYS'de olmayan göndericiler yalnız istisna kapsamında kayıtlı olabilir (policy.exempt_only gibi)"),
    ("retry_for", "Ulaşılamayan ağ geçidinin kaç saniye yeniden deneneceği [varsayılan: 30]"),
    ("file", "Liste dosyası; - verilirse standart girdi"),
];
