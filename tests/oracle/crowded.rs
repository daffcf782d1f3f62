//! Random input in which every rule meets every other: few users, pages, ids and instants, so that events tie, repeat,
//! close, reopen and are left in all the ways there are.

use serde_json::{Map, Value, json};

/// 2024-02-28T23:00:00Z: most of the events lie around a midnight.
const START_MS: i64 = 1_709_161_200_000;
const MINUTE_MS: i64 = 60_000;

/// splitmix64: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }
}

/// `sites` sites of `events` events each, one line per event.
pub(crate) fn lines(seed: u64, sites: u64, events: u64) -> String {
    let mut random = Random(seed);
    let mut lines = String::new();
    for _ in 0..events {
        for site in 0..sites {
            let mut event = event(&mut random, events);
            event.insert("site".to_owned(), json!(format!("site-{site}")));
            lines += &Value::Object(event).to_string();
            lines.push('\n');
        }
    }
    lines
}

fn event(random: &mut Random, events: u64) -> Map<String, Value> {
    let mut event = Map::new();
    let mut set = |field: &str, value: Value| event.insert(field.to_owned(), value);
    set("timestamp", json!(instant(random)));
    if random.chance(75) {
        set("user_id", json!(random.pick(&["one", "two"])));
    } else {
        set("anonymous_id", json!(random.pick(&["one", "three"])));
    }
    if random.chance(70) {
        set("event_id", json!(format!("e{}", random.below(events * 4))));
    }
    if random.chance(15) {
        set("referrer", json!(random.pick(&["https://a.example/", "https://b.example/"])));
    }
    let kind = random.pick(&[
        "pageview",
        "pageview",
        "pageview",
        "pageleave",
        "pageleave",
        "pageleave",
        "session",
        "feature_use",
        "click",
        "purchase",
        "impression",
    ]);
    set("type", json!(kind));
    if kind == "session" || random.chance(40) {
        set("session_id", json!(random.pick(&["A", "B"])));
    }
    match kind {
        "pageview" | "pageleave" => {
            set("page", json!(random.pick(&["/a", "/b", "/c", "/b?query=1", "/b#part", "?", "#top"])));
            if random.chance(30) {
                set("pageview_id", json!(random.pick(&["p", "q", "r", ""])));
            }
            if random.chance(50) {
                set("scroll_depth", random.pick(&[0.0, 24.99999, 25.0, 33.333333, 75.0, 100.0]).into());
            }
            if random.chance(50) {
                set("engaged_ms", json!(random.pick(&[0, 1, 1_234, 60_000])));
            }
        }
        "session" => drop(set("action", json!(random.pick(&["start", "end"])))),
        "feature_use" => {
            set("feature", json!(random.pick(&["f", "g"])));
            if random.chance(60) {
                set("interactive", json!(random.chance(50)));
            }
        }
        "purchase" => {
            set("amount", json!("9.99"));
            set("currency", json!("EUR"));
        }
        _ => drop(set("link", json!("more"))),
    }
    event
}

/// An instant near others, a whole number of half hours from many of them, or a millisecond beside that.
fn instant(random: &mut Random) -> i64 {
    let minutes = match random.below(4) {
        0 => random.below(90),
        1 => random.below(3_000),
        2 => 30 * random.below(6),
        _ => 1_440 * random.below(9) + random.below(60),
    };
    START_MS + minutes as i64 * MINUTE_MS + random.pick(&[0, 0, 0, 1, -1, 500])
}
