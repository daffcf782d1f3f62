//! docker-compose.yml and what it mounts.

use super::{
    files::{root, text, yaml},
    tool::{check, fetch},
};
use serde_json::{Map, Value};

const FILE: &str = "docker-compose.yml";

fn services(compose: &Value) -> &Map<String, Value> {
    compose["services"].as_object().unwrap()
}

fn texts<'a>(service: &'a Value, key: &str) -> Vec<&'a str> {
    service[key]
        .as_array()
        .map(|items| items.iter().map(|item| item.as_str().unwrap()).collect())
        .unwrap_or_default()
}

#[test]
fn compose_follows_the_schema() {
    let Some(tool) = fetch("fetch-check-jsonschema.sh", &[]) else {
        return;
    };
    check(&tool, &["--builtin-schema", "vendor.compose-spec", FILE]);
}

#[test]
fn every_part_is_there_with_a_health_check() {
    let compose = yaml(FILE);
    for name in ["kafka", "clickhouse", "prometheus", "alertmanager", "grafana", "tidegauge"] {
        let service = &services(&compose)[name];
        assert!(service["healthcheck"]["test"].is_array(), "{name}");
        assert_eq!(service["restart"], "unless-stopped", "{name}");
    }
}

#[test]
fn ports_are_on_loopback_only() {
    let compose = yaml(FILE);
    let mut ports = 0;
    for (name, service) in services(&compose) {
        assert!(service.get("network_mode").is_none(), "{name}");
        for port in texts(service, "ports") {
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port}");
            ports += 1;
        }
    }
    assert!(ports >= 6, "{ports} ports");
}

#[test]
fn images_are_pinned() {
    let compose = yaml(FILE);
    let images = services(&compose).values().map(|service| service["image"].as_str().unwrap().to_owned());
    let dockerfile = text("deploy/Dockerfile");
    let bases = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("FROM "))
        .map(|rest| rest.split(' ').next().unwrap().to_owned());
    for image in images.chain(bases) {
        let (_, tag) = image.rsplit_once(':').unwrap_or_else(|| panic!("{image} has no tag"));
        assert!(tag.contains('.') && tag.contains(|c: char| c.is_ascii_digit()), "{image}");
    }
    let own = format!("tidegauge:{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(services(&compose)["tidegauge"]["image"], own);
}

#[test]
fn every_mounted_file_and_volume_exists() {
    let compose = yaml(FILE);
    let volumes = compose["volumes"].as_object().unwrap();
    let mut used = Vec::new();
    for (name, service) in services(&compose) {
        for mount in texts(service, "volumes") {
            let source = mount.split(':').next().unwrap();
            if source.starts_with('.') {
                assert!(root().join(source).exists(), "{name}: {source}");
                assert!(mount.ends_with(":ro"), "{name}: {mount} is writable");
            } else {
                assert!(volumes.contains_key(source), "{name}: {source}");
                used.push(source);
            }
        }
    }
    assert_eq!(used.len(), volumes.len(), "a volume nobody uses: {volumes:?}");
}

#[test]
fn the_kafka_of_the_tests_is_the_kafka_of_the_users() {
    let pom = text("crates/kafka-harness/pom.xml");
    let (_, rest) = pom.split_once("<kafka.version>").unwrap();
    let (version, _) = rest.split_once('<').unwrap();
    let compose = yaml(FILE);
    assert_eq!(services(&compose)["kafka"]["image"], format!("apache/kafka:{version}"));
}

#[test]
fn the_image_runs_as_a_user_and_has_what_it_copies() {
    let dockerfile = text("deploy/Dockerfile");
    let last_user = dockerfile.lines().rfind(|line| line.starts_with("USER ")).unwrap();
    assert!(!["USER root", "USER 0"].contains(&last_user));
    let allowed: Vec<String> =
        text(".dockerignore").lines().filter_map(|line| line.strip_prefix('!').map(str::to_owned)).collect();
    for path in &allowed {
        assert!(root().join(path).exists(), ".dockerignore lets in {path}");
    }
    for line in dockerfile.lines().filter(|line| line.starts_with("COPY ") && !line.contains("--from")) {
        let sources: Vec<&str> = line.split(' ').skip(1).filter(|word| !word.starts_with("--")).collect();
        for source in &sources[..sources.len() - 1] {
            assert!(root().join(source).exists(), "{line}");
            assert!(*source == "." || allowed.iter().any(|path| path == source), "{line}: ignored");
        }
    }
}
