//! Owns the words that generated events consist of. The first words of each list are the frequent ones.

pub(super) const ACTIONS: [&str; 20] = [
    "document.read",
    "session.create",
    "document.update",
    "invoice.read",
    "secret.read",
    "user.update",
    "bucket.list",
    "invoice.create",
    "role.assign",
    "user.delete",
    "key.rotate",
    "pipeline.run",
    "report.export",
    "database.restore",
    "a",
    "x_y-z.0",
    "policy.attach",
    "token.revoke",
    "ConsoleLogin",
    "io.k8s.core.v1.pods.create",
];

pub(super) const CATEGORIES: [&str; 8] = ["read", "update", "create", "auth", "delete", "execute", "grant", "other"];
pub(super) const STATUSES: [&str; 4] = ["success", "failure", "denied", "unknown"];
pub(super) const SEVERITIES: [&str; 5] = ["info", "low", "medium", "high", "critical"];
pub(super) const ACTOR_TYPES: [&str; 7] = ["user", "service", "api_key", "agent", "system", "anonymous", "unknown"];
pub(super) const CODES: [&str; 4] = ["AccessDenied", "ETIMEDOUT", "403", "E_LIMIT"];

pub(super) const SERVICES: [&str; 6] = ["billing", "identity", "storage", "build", "größe-dienst", "s3.amazonaws.com"];
pub(super) const ENVIRONMENTS: [&str; 4] = ["production", "staging", "test", "Production"];
pub(super) const REGIONS: [&str; 4] = ["europe-west3", "us-east-1", "asia-northeast1", ""];
pub(super) const TARGET_TYPES: [&str; 6] = ["document", "user", "invoice", "bucket", "role", "Тип"];
pub(super) const CREDENTIALS: [&str; 4] = ["0123456789abcdef", "k1", "k10", "user-1"];
pub(super) const GROUPS: [&str; 5] = ["finance", "admins", "on-call", "équipe", "board"];
pub(super) const AGENTS: [&str; 4] =
    ["Mozilla/5.0 (X11; Linux x86_64)", "aws-cli/2.15.0 Python/3.11", "curl/8.5.0", "Мой агент 1.0 \u{1f680}"];
pub(super) const AUTH_METHODS: [&str; 4] = ["oidc", "password", "api_key", "mtls"];
pub(super) const COUNTRIES: [&str; 5] = ["DE", "US", "JP", "FR", "BR"];
pub(super) const CITIES: [&str; 5] = ["Berlin", "São Paulo", "東京", "New York", "Orléans"];
pub(super) const RAW_FORMATS: [&str; 3] = ["cloudtrail", "syslog", "journald"];

pub(super) const METADATA_KEYS: [&str; 9] =
    ["env", "attempt", "ratio", "dry_run", "note", "parent", "größe", "a.b c", "\u{1f600}"];
pub(super) const CHANGE_PATHS: [&str; 5] = ["/status", "/limits/0", "/a~1b", "", "/größe"];

pub(super) const WORDS: [&str; 49] = [
    "the",
    "of",
    "payroll",
    "run",
    "invoice",
    "approved",
    "by",
    "user",
    "access",
    "to",
    "bucket",
    "was",
    "denied",
    "after",
    "timeout",
    "policy",
    "changed",
    "session",
    "started",
    "key",
    "rotated",
    "Report",
    "EXPORT",
    "finished",
    "v2",
    "2031",
    "größe",
    "ÄNDERUNG",
    "naïve",
    "café",
    "東京",
    "データ",
    "отчёт",
    "ΣΊΣΥΦΟΣ",
    "İstanbul",
    "straße",
    "\u{1f680}",
    "needle_in-haystack",
    "user@example.org",
    "arn:aws:iam::012:role/Admin",
    "10.0.0.1",
    "0x1f",
    "a",
    "I",
    "\u{202e}rtl",
    "e\u{301}",
    "x\u{200d}y",
    "…",
    "\"C:\\new\ntab\t\"",
];

/// Words of many scripts, in several spellings: Latin, Greek, Cyrillic, Georgian, Arabic, Hebrew, Devanagari, Hangul,
/// and those without spaces, Han, kana, Thai, Lao, Khmer and Myanmar.
pub(super) const SCRIPTS: [&str; 52] = [
    "Ångström",
    "A\u{30a}ngstro\u{308}m",
    "ＰＡＹＲＯＬＬ",
    "ﬁnance",
    "x²",
    "½",
    "\u{2488}",
    "Λογαριασμός",
    "ΛΟΓΑΡΙΑΣΜΌΣ",
    "Πληρωμή\u{345}",
    "Отчёт",
    "ОТЧЕ\u{308}Т",
    "საქართველო",
    "ᲡᲐᲥᲐᲠᲗᲕᲔᲚᲝ",
    "تقرير",
    "تَقْرِير",
    "\u{fdfa}",
    "٢٠٢٤",
    "דוח",
    "דּו\u{5bc}ח",
    "רא״ש",
    "हिन्दी",
    "रिपोर्ट",
    "क\u{93c}",
    "\u{958}",
    "보고서",
    "\u{1107}\u{1169}\u{1100}\u{1169}\u{1109}\u{1165}",
    "東京都",
    "京都",
    "東",
    "2024年度",
    "〇一二",
    "人々",
    "データベース",
    "テ\u{3099}ータ",
    "ﾃﾞｰﾀ",
    "ひらがな",
    "v2の更新",
    "รายงานประจ\u{e33}ปี",
    "ค\u{e4d}\u{e32}สั่ง",
    "ค\u{e33}สั่ง",
    "ก",
    "๒๕๖๗",
    "ລາຍງານ",
    "ໜ\u{eb3}",
    "របាយការណ៍",
    "ខ្មែរ",
    "အစီရင်ခံစာ",
    "မြန်မာ",
    "\u{301}",
    "\u{2764}\u{fe0f}",
    "㊀㈱",
];
