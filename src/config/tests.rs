//! The whole way from files and variables to settings and errors.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, path::PathBuf, time::Duration};

use tempfile::TempDir;

use super::{
    ConfigErrors, Settings, environment::variable, file::literal, options::OPTIONS, table::OptionDef,
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn no_env() -> impl Iterator<Item = (String, String)> {
    std::iter::empty()
}

fn env(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
    let owned: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    owned.into_iter()
}

/// A folder with the configuration file `t.toml`.
struct Given(TempDir);

impl Given {
    fn new(toml: &str) -> Self {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("t.toml"), toml).unwrap();
        Self(dir)
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("t.toml")
    }

    fn load(&self, pairs: &[(&str, &str)]) -> Result<Settings, ConfigErrors> {
        Settings::load(Some(&self.file()), env(pairs))
    }

    /// The errors, one a line, without the folder's name.
    fn faults(&self, pairs: &[(&str, &str)]) -> Vec<String> {
        let errors = self.load(pairs).expect_err("must not load");
        let folder = format!("{}/", self.0.path().display());
        errors.0.iter().map(|error| error.to_string().replace(&folder, "")).collect()
    }
}

fn load(toml: &str) -> Settings {
    Given::new(toml).load(&[]).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Options that need more than themselves to be right.
fn helper(option: &OptionDef) -> &'static str {
    match option.path {
        "fold.allowed_lateness" => "fold.dedup_window = \"30h\"\n",
        "fold.user_expiry" => "metrics.windows = [\"30d\"]\n",
        _ => "",
    }
}

/// The example with files that exist.
fn example(option: &OptionDef, dir: &TempDir) -> String {
    let path = dir.path().join("secret");
    fs::write(&path, "hunter2\n").unwrap();
    option
        .example
        .replace("/run/secrets/clickhouse_password", &path.display().to_string())
        .replace("/run/secrets/kafka_password", &path.display().to_string())
}

#[test]
fn the_defaults_are_those_that_are_documented() {
    let settings = Settings::load(None, no_env()).unwrap();
    assert_eq!(settings.differences().count(), 0);
    assert!(!settings.is_given("fold.allowed_lateness"));
    for option in OPTIONS.iter().filter(|option| !option.default.is_empty()) {
        let value = literal(option.default).unwrap();
        (option.canonical)(&value).unwrap_or_else(|problem| panic!("{}: {problem}", option.path));
    }
    assert_eq!(settings.fold.session_gap, Duration::from_secs(1_800));
    assert_eq!(settings.fold.dedup_max_ids, 16_000_000);
    assert_eq!(settings.fold.page_patterns, Vec::<String>::new());
    assert_eq!(settings.kafka.brokers, ["127.0.0.1:9092"]);
    assert!(!settings.kafka.needs_merge());
    assert_eq!(
        settings.metrics.windows.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["1d", "7d", "30d"]
    );
    assert!(settings.metrics.listen.ip().is_loopback());
    assert!(settings.sink.password.is_none());
    assert_eq!(settings.sink.kpi_ttl, Duration::from_secs(400 * 86_400));
}

#[test]
fn every_option_from_the_file() {
    for option in OPTIONS {
        let dir = TempDir::new().unwrap();
        let example = example(option, &dir);
        let given = Given::new(&format!("{}{} = {example}\n", helper(option), option.path));
        let settings = given.load(&[]).unwrap_or_else(|errors| panic!("{}: {errors}", option.path));
        assert_given(&settings, option, &example, "t.toml:");
    }
}

#[test]
fn every_option_from_the_environment() {
    for option in OPTIONS {
        let dir = TempDir::new().unwrap();
        let example = example(option, &dir);
        let pairs = as_variables(option, &example);
        let pairs: Vec<(&str, &str)> =
            pairs.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let settings = Given::new(helper(option))
            .load(&pairs)
            .unwrap_or_else(|errors| panic!("{}: {errors}", option.path));
        assert_given(&settings, option, &example, "TIDEGAUGE__");
    }
}

/// The option is set to its example, known to come from `origin`, and differs from the default where the example does.
fn assert_given(settings: &Settings, option: &OptionDef, example: &str, origin: &str) {
    let shown = (option.canonical)(&literal(example).unwrap()).unwrap();
    assert!(settings.is_given(option.path), "{}", option.path);
    let differing = settings.differences().find(|(path, _)| *path == option.path);
    // One profile exists so far, so its example is its default.
    if option.path == "fold.profile" {
        assert!(differing.is_none());
        return;
    }
    let (_, given) = differing.unwrap_or_else(|| panic!("{}: example is the default", option.path));
    assert_eq!(given.shown, shown, "{}", option.path);
    assert!(given.origin.contains(origin), "{}: {}", option.path, given.origin);
}

fn as_variables(option: &OptionDef, example: &str) -> Vec<(String, String)> {
    let name = variable(option.path);
    let toml: toml::Table = format!("example = {example}").parse().unwrap();
    let text = |value: &toml::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match &toml["example"] {
        toml::Value::Array(items) => {
            vec![(name, items.iter().map(text).collect::<Vec<_>>().join(", "))]
        }
        toml::Value::Table(entries) => entries
            .iter()
            .map(|(key, value)| (format!("{name}__{}", key.replace('.', "_").to_uppercase()), text(value)))
            .collect(),
        one => vec![(name, text(one))],
    }
}

#[test]
fn typed_values_arrive() {
    let settings = load(
        r#"
        [kafka]
        topics = ["a", "b"]
        properties = { "security.protocol" = "SASL_SSL", "linger.ms" = 5, "enable.ssl.certificate.verification" = true }
        [fold]
        time_on_page = "gap"
        future_tolerance = "0s"
        page_patterns = ["/users/:id"]
        [sink]
        flush_interval = "250ms"
        password = "hunter2"
        "#,
    );
    assert!(settings.kafka.needs_merge());
    let properties: Vec<_> = settings.kafka.properties.iter().collect();
    assert_eq!(
        properties,
        [
            ("enable.ssl.certificate.verification", "true"),
            ("linger.ms", "5"),
            ("security.protocol", "SASL_SSL")
        ]
    );
    assert_eq!(settings.fold.time_on_page, super::TimeOnPage::Gap);
    assert!(settings.fold.future_tolerance.is_zero());
    assert_eq!(settings.fold.page_patterns, ["/users/:id"]);
    assert_eq!(settings.sink.flush_interval, Duration::from_millis(250));
    assert_eq!(settings.sink.password.unwrap().expose(), "hunter2");
}

#[test]
fn the_environment_wins_and_maps_add_up() {
    let given = Given::new(
        "[sink]\nflush_rows = 1_000\nraw_events = true\n[kafka.properties]\nsecurity.protocol = \"ssl\"\n\"linger.ms\" = 5\n",
    );
    let settings = given
        .load(&[
            ("TIDEGAUGE__SINK__FLUSH_ROWS", "2_000"),
            ("TIDEGAUGE__KAFKA__PROPERTIES__LINGER_MS", "7"),
            ("TIDEGAUGE__KAFKA__PROPERTIES__SASL_USERNAME", "me"),
            ("TIDEGAUGE__FOLD__PAGE_PATTERNS", ""),
            ("TIDEGAUGE_OTHER", "not ours"),
            ("PATH", "/bin"),
        ])
        .unwrap();
    assert_eq!(settings.sink.flush_rows, 2_000);
    assert!(settings.sink.raw_events);
    let properties: Vec<_> = settings.kafka.properties.iter().collect();
    assert_eq!(properties, [("linger.ms", "7"), ("sasl.username", "me"), ("security.protocol", "ssl")]);
    assert!(settings.is_given("fold.page_patterns") && settings.fold.page_patterns.is_empty());
    let differing: Vec<_> = settings.differences().map(|(path, _)| path).collect();
    assert_eq!(differing, ["kafka.properties", "sink.flush_rows", "sink.raw_events"]);
}

#[test]
fn every_fault_at_once_with_its_path_and_place() {
    let given = Given::new(
        "[sink]\nflush_interval = 2\nflush_rows = \"many\"\nretry_max = \"100ms\"\nflash_rows = 1\n\n[kafka]\nbrokers = \"kafka:9092\"\n\
         topics = [\"a b\", \"c\", \"c\"]\n\n[fold]\nallowed_lateness = \"3h\"\nprofile = \"ga4\"\n\n[skin]\nurl = \"x\"\n",
    );
    let faults = given.faults(&[
        ("TIDEGAUGE__FOLD__SESION_GAP", "20m"),
        ("TIDEGAUGE__LOG__FORMAT", "xml"),
        ("TIDEGAUGE__CHECKPOINT__KEEP", "0"),
        ("TIDEGAUGE__NOPE", "1"),
        ("TIDEGAUGE__METRICS__WINDOWS", "1d,1x,0d"),
    ]);
    assert_eq!(
        faults,
        [
            "sink.flash_rows: unknown option; did you mean sink.flush_rows? (t.toml:5)",
            "skin: unknown section; there are kafka, fold, metrics, sink, checkpoint, log; remove it or correct its name (t.toml:15)",
            "fold.sesion_gap: unknown option; did you mean fold.session_gap? (TIDEGAUGE__FOLD__SESION_GAP)",
            "nope: unknown section; there are kafka, fold, metrics, sink, checkpoint, log; remove it or correct its name (TIDEGAUGE__NOPE)",
            "kafka.brokers: expected a list in brackets, got \"kafka:9092\" (t.toml:8)",
            "kafka.topics: item 1: expected a Kafka topic: 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'; got \"a b\"; item 3: a repeat; remove it (t.toml:9)",
            "fold.profile: expected \"plausible\", got \"ga4\" (t.toml:13)",
            "metrics.windows: item 2: window \"1x\" is not a whole number above 0 followed by m, h or d, like 7d; item 3: window \"0d\" is not a whole number above 0 followed by m, h or d, like 7d (TIDEGAUGE__METRICS__WINDOWS)",
            "sink.flush_interval: expected a whole number with its unit (ms, s, m, h, d) in quotes, like \"30m\", from 100ms to 10m; got 2 (t.toml:2)",
            "sink.flush_rows: expected a whole number from 1 to 10000000, got \"many\" (t.toml:3)",
            "checkpoint.keep: expected a whole number from 1 to 100, got 0 (TIDEGAUGE__CHECKPOINT__KEEP)",
            "log.format: expected \"human\" or \"json\", got \"xml\" (TIDEGAUGE__LOG__FORMAT)",
            "fold.dedup_window: 2h is not longer than fold.allowed_lateness (3h) plus fold.watermark_trail (1m); raise it above 181m",
            "sink.retry_max: 100ms is shorter than sink.retry_initial (200ms); raise it (t.toml:4)",
        ]
    );
}

#[test]
fn wrong_shapes_are_faults_of_their_option() {
    let faults = Given::new("log = 1\n[sink.url]\na = 1\n[fold]\nsession_gap = 2015-05-17\nmax_sites = 99999999999999999999\nbot_filter = 1.5\n[kafka]\nproperties = 3\n").faults(&[]);
    assert_eq!(
        faults,
        [
            "log: expected a table, found integer; write [log] and the options below it (t.toml:1)",
            "kafka.properties: expected a table of properties, got a number (t.toml:9)",
            "fold.session_gap: expected a whole number with its unit (ms, s, m, h, d) in quotes, like \"30m\", from 1s to 1d; got a date (t.toml:5)",
            "fold.bot_filter: expected true or false, got 1.5 (t.toml:7)",
            "fold.max_sites: expected a whole number from 1 to 1000000, got 99999999999999999999 (t.toml:6)",
            "sink.url: expected http URL in quotes, got a table (t.toml:3)",
        ]
    );
}

#[test]
fn relations_between_options() {
    for (toml, expected) in [
        (
            "kafka.dead_letter_topic = \"events\"",
            "kafka.dead_letter_topic: \"events\" is also one of kafka.topics",
        ),
        (
            "kafka.dead_letter_topic = \"tidegauge-merged\"",
            "kafka.dead_letter_topic: \"tidegauge-merged\" is also kafka.merged_topic",
        ),
        (
            "kafka.topics = [\"a\", \"tidegauge-merged\"]",
            "kafka.merged_topic: \"tidegauge-merged\" is also one of kafka.topics",
        ),
        (
            "kafka.properties = { \"group.id\" = \"x\" }",
            "kafka.properties: group.id is set by tidegauge; set kafka.group instead",
        ),
        (
            "metrics.windows = [\"500d\"]",
            "metrics.windows: the window 500d is longer than users are remembered",
        ),
        ("fold.dedup_window = \"61m\"", "fold.dedup_window: 61m is not longer than"),
        (
            "sink.flush_rows = 3_000_000",
            "sink.max_pending_rows: 2000000 is less than sink.flush_rows (3000000)",
        ),
        ("sink.url = \"https://ch\"", "sink.url: https is not built in"),
        ("log.level = \"inof\"", "log.level: expected a level"),
    ] {
        let faults = Given::new(toml).faults(&[]);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].starts_with(expected), "{}", faults[0]);
    }
    // A topic that an earlier merge wrote can be read as it is.
    assert!(!load("kafka.topics = [\"tidegauge-merged\"]").kafka.needs_merge());
    assert!(
        load("fold.dedup_window = \"61001ms\"\nfold.allowed_lateness = \"1s\"").is_given("fold.dedup_window")
    );
}

#[test]
fn variables_that_contradict_themselves() {
    let faults = Given::new("").faults(&[
        ("TIDEGAUGE__SINK__URL", "http://a"),
        ("tidegauge__sink__url", "http://b"),
        ("TIDEGAUGE__KAFKA__PROPERTIES", "a=b"),
        ("TIDEGAUGE__SINK__USER", "a\u{FFFD}"),
        ("TIDEGAUGE__SINK__USER__X", "a"),
    ]);
    assert_eq!(
        faults,
        [
            "kafka.properties: takes a variable for each entry, like TIDEGAUGE__KAFKA__PROPERTIES__SECURITY_PROTOCOL for security.protocol (TIDEGAUGE__KAFKA__PROPERTIES)",
            "sink.user: not UTF-8; use a file for binary values (TIDEGAUGE__SINK__USER)",
            "sink.user.x: unknown option; did you mean sink.user? (TIDEGAUGE__SINK__USER__X)",
            "sink.url: set by TIDEGAUGE__SINK__URL and by tidegauge__sink__url; keep one",
        ]
    );
}

#[test]
fn a_syntax_error_has_its_line_and_comes_alone() {
    let given = Given::new("[sink]\nuser = \"a\"\nflush_interval = \"2s\nnope = 1\n");
    let faults = given.faults(&[("TIDEGAUGE__NOPE", "1")]);
    assert_eq!(faults.len(), 1);
    let lines: Vec<&str> = faults[0].lines().collect();
    assert!(lines[0].starts_with("t.toml:3:"), "{faults:?}");
    assert!(lines[0].contains("not valid TOML: invalid basic string"), "{faults:?}");
    assert_eq!(lines[1], "    3 | flush_interval = \"2s");
    assert_eq!(lines[2].trim_start_matches([' ', '|']), "^");

    let twice = Given::new("[sink]\nuser = \"a\"\nuser = \"b\"\n").faults(&[]);
    assert!(twice[0].starts_with("t.toml:3:1: not valid TOML: duplicate key"), "{twice:?}");
}

#[test]
fn a_file_that_is_not_there_or_not_text() {
    let missing = Settings::load(Some("/nonexistent/t.toml".as_ref()), no_env()).unwrap_err().to_string();
    assert!(missing.starts_with("cannot read the configuration file /nonexistent/t.toml: "), "{missing}");
    let given = Given::new("");
    fs::write(given.file(), b"[log]\nlevel = \"\xFF\"\n").unwrap();
    assert!(
        given.faults(&[])[0].starts_with("t.toml:2:10: not valid TOML: not UTF-8"),
        "{:?}",
        given.faults(&[])
    );
}

#[test]
fn secrets_from_files() {
    let given = Given::new("");
    let secret = given.0.path().join("secret");
    fs::write(&secret, "hunter2\r\n").unwrap();
    let secret = secret.display().to_string();
    let files = [
        ("TIDEGAUGE__SINK__PASSWORD_FILE", secret.as_str()),
        ("TIDEGAUGE__KAFKA__PROPERTIES_FILES__SASL_PASSWORD", secret.as_str()),
        ("TIDEGAUGE__KAFKA__PROPERTIES_FILES__SASL_USERNAME", secret.as_str()),
    ];
    let settings = given.load(&files).unwrap();
    assert_eq!(settings.sink.password.as_ref().unwrap().expose(), "hunter2");
    let properties: Vec<_> = settings.kafka.properties.iter().collect();
    assert_eq!(properties, [("sasl.password", "hunter2"), ("sasl.username", "hunter2")]);
    assert!(!format!("{settings:#?}").contains("hunter2"));

    let both = Given::new("sink.password = \"hunter2\"\n[kafka.properties]\n\"sasl.password\" = \"hunter3\"")
        .faults(&files[..2]);
    assert_eq!(
        both,
        [
            "kafka.properties_files: sasl.password: also in kafka.properties; keep one of the two (TIDEGAUGE__KAFKA__PROPERTIES_FILES__SASL_PASSWORD)",
            "sink.password_file: sink.password is set too, by t.toml:1; keep one of the two (TIDEGAUGE__SINK__PASSWORD_FILE)",
        ]
    );
    let missing = Given::new("sink.password_file = \"/nonexistent/p\"").faults(&[]);
    assert!(missing[0].starts_with("sink.password_file: cannot read /nonexistent/p: "), "{missing:?}");
    fs::write(&secret, "\n").unwrap();
    assert!(given.faults(&files[..1])[0].contains("is empty"));
}

#[test]
fn secrets_are_never_shown() {
    let toml = "[sink]\npassword = \"hunter2\"\nuser = \"u\"\n[kafka.properties]\n\"sasl.password\" = \"hunter2\"\n\
                \"ssl.key.pem\" = '''\nhunter2\n'''\n\"sasl.username\" = \"shown\"\n";
    let settings = load(toml);
    let mut shown = format!(
        "{settings:?} {settings:#?} {} {:?}",
        settings.sink.password.as_ref().unwrap(),
        settings.kafka
    );
    for (path, given) in settings.differences() {
        shown += &format!("{path} = {} {given:?}", given.shown);
    }
    assert!(
        shown.contains("\"sasl.username\" = \"shown\"") && shown.contains("sink.password = \"***\""),
        "{shown}"
    );
    assert!(!shown.contains("hunter2"), "{shown}");

    for bad in [
        "[sink]\npassword = \"hunter2",
        "[sink]\npassword = hunter2\n",
        "[sink]\npassword = \"hunter2\" x\n",
        "[sink]\nurl = \"http://u:hunter2@ch\n",
        "[sink]\nurl = \"http://u:hunter2@ch\"\n",
        "[sink]\nurl = \"u:hunter2@ch\"\n",
        "[sink]\npassword = [\"hunter2\"]\n",
        "[sink]\npassword_file = [\"x\"]\npassword = { a = \"hunter2\" }\n",
        "[kafka.properties]\n\"ssl.key.pem\" = '''\nhunter2\n",
        "[kafka.properties]\n\"ssl.key.pem\" = \"\"\"\nhunter2 \\q\n\"\"\"\n",
        "[kafka.properties]\n\"sasl.password\" = [\"hunter2\"]\n",
        "[kafka]\nproperties = { \"sasl.password\" = \"hunter2\"\n",
        "[kafka]\nproperties = \"sasl.password=hunter2\"\n",
    ] {
        let faults = Given::new(bad).load(&[]).expect_err(bad);
        let shown = format!("{faults} {faults:?}");
        assert!(!shown.contains("hunter2"), "{bad}: {shown}");
    }
    let variables = [
        ("TIDEGAUGE__SINK__PASSWORT", "hunter2"),
        ("TIDEGAUGE__KAFKA__PROPERTIES", "sasl.password=hunter2"),
        ("TIDEGAUGE__SINK__PASSWORD_FILE", "/nonexistent"),
        ("TIDEGAUGE__SINK__PASSWORD", "hunter2"),
    ];
    let faults = Given::new("").load(&variables).expect_err("unknown option");
    assert!(!format!("{faults} {faults:?}").contains("hunter2"), "{faults}");
}

#[test]
fn paths_are_unique_and_definitions_whole() {
    let mut paths: Vec<_> = OPTIONS.iter().map(|option| option.path).collect();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), OPTIONS.len());
    for option in OPTIONS {
        assert!(option.meaning.ends_with('.'), "{}", option.path);
        assert!(!(option.kind)().is_empty());
    }
}

#[test]
fn the_reference_is_the_page_in_docs() {
    let page = fs::read_to_string(format!("{ROOT}/docs/configuration.md")).unwrap();
    let same = page == super::markdown();
    assert!(
        same,
        "docs/configuration.md is out of date: cargo run -- config reference > docs/configuration.md"
    );
    for option in OPTIONS {
        assert!(page.contains(&format!("| `{}`", option.path)), "{}", option.path);
    }
}

#[test]
fn the_example_for_compose_loads() {
    let path = format!("{ROOT}/deploy/tidegauge.toml");
    let settings = Settings::load(Some(path.as_ref()), no_env()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(settings.kafka.brokers, ["kafka:9092"]);
    assert_eq!(settings.sink.url, "http://clickhouse:8123");
    assert_eq!(settings.metrics.listen.to_string(), "0.0.0.0:9464");
    // What is commented out is right too, and every option is there.
    let text = fs::read_to_string(path).unwrap();
    for option in OPTIONS {
        let key = format!("{} = ", option.key());
        assert!(text.lines().any(|line| line.trim_start_matches("# ").starts_with(&key)), "{}", option.path);
    }
}
