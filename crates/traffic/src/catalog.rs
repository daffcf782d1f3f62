//! The names that traffic is made of: pages, features, links, clients. Most used first: all are
//! drawn by Zipf's law.

/// How many page paths there are.
pub(crate) const PAGES: usize = 200;

const TOP_PAGES: [&str; 12] = [
    "/",
    "/dashboard",
    "/pricing",
    "/search",
    "/docs",
    "/users/{}",
    "/blog",
    "/login",
    "/projects/{}",
    "/orders/{}",
    "/settings/profile",
    "/projects/{}/board",
];

const SECTIONS: [&str; 9] =
    ["docs", "blog", "help", "features", "guides", "changelog", "customers", "academy", "integrations"];

const TOPICS: [&str; 21] = [
    "getting-started",
    "install",
    "billing",
    "reports",
    "dashboards",
    "alerts",
    "api",
    "webhooks",
    "security",
    "roles",
    "export",
    "import",
    "automation",
    "mobile",
    "team-work",
    "search",
    "privacy",
    "limits",
    "migration",
    "troubleshooting",
    "\u{fc}ber-uns",
];

/// The page paths; `{}` stands for a number.
pub(crate) fn pages() -> Vec<String> {
    let combined =
        TOPICS.iter().flat_map(|topic| SECTIONS.iter().map(move |section| format!("/{section}/{topic}")));
    TOP_PAGES.iter().map(|&page| page.to_owned()).chain(combined).take(PAGES).collect()
}

/// What may follow a page's path.
pub(crate) const QUERIES: [&str; 6] = [
    "?utm_source=newsletter&utm_medium=email",
    "?q=retention+curve",
    "?page=2",
    "?ref=app&tab=overview",
    "?gclid=Cj0KCQiA",
    "?q=a%2Fb%3Fc",
];

/// What may follow path and query.
pub(crate) const FRAGMENTS: [&str; 4] = ["#top", "#pricing-table", "#comments", "#/tab?x=1"];

/// The features of the product.
pub(crate) const FEATURES: [&str; 25] = [
    "search",
    "filter",
    "export_csv",
    "create_project",
    "invite_member",
    "comment",
    "share_link",
    "dashboard_edit",
    "bulk_edit",
    "keyboard_shortcut",
    "dark_mode",
    "saved_view",
    "notification_settings",
    "api_token",
    "webhook_test",
    "report_schedule",
    "file_upload",
    "mention",
    "undo",
    "template_apply",
    "automation_rule",
    "calendar_sync",
    "sso_setup",
    "audit_log",
    "ai_summary",
];

/// Links that are shown and clicked, with the campaign of some.
pub(crate) const LINKS: [(&str, Option<&str>); 30] = [
    ("cta-signup", Some("summer-2025")),
    ("nav-pricing", None),
    ("banner-webinar", Some("webinar-june")),
    ("cta-upgrade", Some("summer-2025")),
    ("nav-docs", None),
    ("footer-contact", None),
    ("card-related-1", None),
    ("card-related-2", None),
    ("mail-digest", Some("digest")),
    ("cta-trial", Some("brand")),
    ("nav-login", None),
    ("banner-survey", Some("voice")),
    ("card-related-3", None),
    ("cta-demo", Some("brand")),
    ("footer-privacy", None),
    ("nav-blog", None),
    ("ad-sidebar", Some("partners")),
    ("mail-onboarding-1", Some("onboarding")),
    ("mail-onboarding-2", Some("onboarding")),
    ("card-template", None),
    ("footer-imprint", None),
    ("banner-status", None),
    ("cta-invite", Some("referral")),
    ("nav-academy", None),
    ("ad-footer", Some("partners")),
    ("mail-winback", Some("winback")),
    ("card-case-study", None),
    ("footer-jobs", None),
    ("https://partner.example/offer?id=7", Some("partners")),
    ("nav-integrations", None),
];

/// Where visitors come from.
pub(crate) const REFERRERS: [&str; 20] = [
    "https://www.google.com/",
    "https://duckduckgo.com/",
    "https://www.bing.com/search?q=engagement",
    "https://t.co/a1B2c3",
    "https://www.linkedin.com/",
    "https://news.ycombinator.com/item?id=4242",
    "https://github.com/",
    "https://www.reddit.com/r/analytics/",
    "android-app://com.google.android.gm/",
    "https://mail.example/inbox",
    "https://partner.example/",
    "https://www.youtube.com/",
    "https://medium.com/@writer/metrics",
    "https://stackoverflow.com/questions/1",
    "https://www.ecosia.org/",
    "https://lobste.rs/",
    "https://old.example.org/links.html",
    "https://search.brave.com/",
    "https://chat.example/c/42",
    "https://www.baidu.com/",
];

/// A client program: user agent, device, platform.
pub(crate) type Agent = (&'static str, &'static str, &'static str);

/// Browsers of people.
pub(crate) const AGENTS: [Agent; 9] = [
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
        "desktop",
        "windows",
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
        "mobile",
        "ios",
    ),
    (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36",
        "mobile",
        "android",
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
        "desktop",
        "macos",
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:139.0) Gecko/20100101 Firefox/139.0",
        "desktop",
        "windows",
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36 Edg/137.0.0.0",
        "desktop",
        "windows",
    ),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0", "desktop", "linux"),
    (
        "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.7 Mobile/15E148 Safari/604.1",
        "tablet",
        "ios",
    ),
    ("ExampleApp/4.2 (Android 15; Pixel 9)", "mobile", "android"),
];

/// Programs that are no people.
pub(crate) const BOTS: [Agent; 4] = [
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "desktop", "bot"),
    ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "desktop", "bot"),
    ("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "desktop", "bot"),
    (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/137.0.0.0 Safari/537.36",
        "desktop",
        "bot",
    ),
];

/// Countries of the users.
pub(crate) const COUNTRIES: [&str; 16] =
    ["US", "DE", "GB", "IN", "FR", "BR", "CA", "NL", "PL", "ES", "JP", "AU", "IT", "SE", "AT", "KE"];

/// Plans of the customers; the first is nobody's money.
pub(crate) const PLANS: [&str; 4] = ["free", "team", "business", "enterprise"];

/// Currencies with the decimals of their amounts.
pub(crate) const CURRENCIES: [(&str, u32); 4] = [("USD", 2), ("EUR", 2), ("GBP", 2), ("JPY", 0)];

/// What is bought, and the kind of transaction that is.
pub(crate) const PRODUCTS: [(&str, &str); 6] = [
    ("seat", "seat"),
    ("credits-100", "top_up"),
    ("credits-1000", "top_up"),
    ("training", "service"),
    ("report-pack", "add_on"),
    ("t-shirt", "merchandise"),
];

/// Through which channel customers ask.
pub(crate) const CHANNELS: [&str; 4] = ["email", "chat", "phone", "in_app"];

/// Who serves them.
pub(crate) const AGENT_NAMES: [&str; 8] = ["ana", "ben", "chidi", "dora", "emre", "fatou", "goro", "hana"];

/// Social networks.
pub(crate) const NETWORKS: [&str; 5] = ["linkedin", "x", "mastodon", "instagram", "youtube"];

/// Where money is spent to win customers.
pub(crate) const SPEND_CHANNELS: [&str; 4] = ["search_ads", "social_ads", "events", "affiliates"];

/// Types that the contract does not know.
pub(crate) const UNKNOWN_TYPES: [&str; 6] =
    ["heartbeat", "video_play", "experiment_exposure", "$identify", "page_view", "Pageview"];
