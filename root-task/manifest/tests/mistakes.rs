// SPDX-License-Identifier: BSD-2-Clause

//! Lists of components, correct and incorrect.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use kaal_manifest::{List, Mistake, Restart};

/// A component with the required keys, and `more`.
fn component(name: &str, more: &str) -> String {
    format!(
        "[[component]]\nname = \"{name}\"\nbinary = \"b\"\npriority = 1\nmemory = 1\nslots = 1\n{more}\n"
    )
}

fn read(text: &str) -> Result<Vec<kaal_manifest::Component>, Mistake> {
    List::read("list", text).map(|list| list.components)
}

fn mistake(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn components_follow_those_they_need() {
    let text = component("client", "needs = [\"s\"]") + &component("server", "provides = [\"s\"]");
    let names: Vec<String> = read(&text)
        .unwrap()
        .into_iter()
        .map(|component| component.name.into_inner())
        .collect();
    assert_eq!(names, ["server", "client"]);
}

#[test]
fn restart_policies_are_read() {
    let policy = |text: &str| read(&component("a", text)).unwrap().remove(0).restart;
    assert_eq!(policy(""), Restart::Never);
    assert_eq!(policy("restart = \"always\""), Restart::Always);
    assert_eq!(
        policy("restart = { times = 3, back-off = 500 }"),
        Restart::Times {
            count: 3,
            back_off: 500
        }
    );
}

#[test]
fn mistakes_name_line_and_key() {
    let twice = component("a", "") + &component("a", "");
    assert_eq!(
        mistake(&twice),
        "list:9: \"a\" is the name of the component in line 2"
    );
    let unknown = mistake(&component("a", "colour = 1"));
    assert!(
        unknown.starts_with("list:7: colour: unknown field `colour`, expected one of `name`,"),
        "{unknown}"
    );
    let cases = [
        ("needs = [\"s\"]", "list:7: no component provides \"s\""),
        (
            "provides = [\"serial\"]\nneeds = [\"serail\"]",
            "list:8: no component provides \"serail\"; did you mean \"serial\"?",
        ),
        (
            "stack = 1",
            "list:7: stack = 1: a number from 4096 to 16777216 expected",
        ),
        (
            "devices = 1",
            "list:7: devices: invalid type: integer `1`, expected a sequence",
        ),
        (
            "operator = true",
            "list:7: operator: a list of \"inspect\", \"restart\", \"tick\", \"report\" and \"reload\" expected",
        ),
        (
            "devices = [\"a\"]\ndma = [{ device = \"b\" }]",
            "list:8: dma: \"b\" is not among the component's `devices`",
        ),
        (
            "restart = \"sometimes\"",
            "list:7: restart: \"never\", \"always\" or { times = N, back-off = MILLISECONDS } expected",
        ),
        (
            "restart = { times = 0 }",
            "list:7: restart: \"never\", \"always\" or { times = N, back-off = MILLISECONDS } expected",
        ),
        (
            "provides = [\"s\"]\nneeds = [\"s\"]",
            "list:8: components need each other's services: a",
        ),
        (
            "period = 10\nbudget = 11",
            "list:8: budget = 11: a number from 1 to 10 expected",
        ),
    ];
    for (more, expected) in cases {
        assert_eq!(mistake(&component("a", more)), expected);
    }
    assert_eq!(
        mistake("[[component]]\nname = \"a\""),
        "list:1: [[component]]: missing field `binary`"
    );
    assert!(mistake("[[component]\n").starts_with("list:1: [[component]: "));
}

#[test]
fn cycles_are_found() {
    let text = component("a", "provides = [\"x\"]\nneeds = [\"y\"]")
        + &component("b", "provides = [\"y\"]\nneeds = [\"x\"]");
    assert_eq!(
        mistake(&text),
        "list:8: components need each other's services: a, b"
    );
}

#[test]
fn quotas_beyond_the_root_tasks_heap_are_refused() {
    let slots = |name: &str, slots: u64| {
        component(name, "").replace("slots = 1", &format!("slots = {slots}"))
    };
    assert!(read(&(slots("a", 1000) + &slots("b", 984))).is_ok());
    assert_eq!(
        mistake(&(slots("a", 1000) + &slots("b", 985))),
        "list:13: slots = 985: at most 984 expected, because the root task's heap is limited: \
         lower the quotas, or raise HEAP_BYTES in root-task/broker/src/heap.rs"
    );
    let with_device = component("a", "devices = [\"d\"]").replace("slots = 1", "slots = 1984");
    assert!(mistake(&with_device).starts_with("list:6: slots = 1984: at most 1968 expected"));
    let found = mistake(&slots("a", u64::MAX >> 1));
    assert!(found.contains(": at most 1984 expected"), "{found}");
}

#[test]
fn only_the_chosen_and_those_that_they_need_are_kept() {
    let text = component("other", "")
        + &component("app", "needs = [\"files\"]")
        + &component("files", "provides = [\"files\"]\nneeds = [\"disk\"]")
        + &component("disk", "provides = [\"disk\"]");
    let mut list = List::read("list", &text).unwrap();
    let error = list.keep_only(&["ap".to_owned()]).unwrap_err().to_string();
    assert_eq!(error, "list has no component \"ap\"; did you mean \"app\"?");
    list.keep_only(&[]).unwrap();
    assert_eq!(list.components.len(), 4);
    list.keep_only(&["app".to_owned()]).unwrap();
    let kept = list.components.iter().map(|it| it.name.get_ref().as_str());
    assert!(kept.eq(["disk", "files", "app"]));
}

#[test]
fn the_component_that_replaces_programs_is_always_kept() {
    let text =
        component("a", "") + &component("b", "operator = [\"reload\"]") + &component("c", "");
    let mut list = List::read("list", &text).unwrap();
    list.keep_only(&["c".to_owned()]).unwrap();
    let names: Vec<_> = list.components.iter().map(|it| it.name.get_ref()).collect();
    assert_eq!(names, ["b", "c"]);
}

#[test]
fn passive_components_do_not_need_each_other() {
    let server = |passive| {
        component(
            "server",
            &format!("provides = [\"s\"]\npassive = {passive}"),
        )
    };
    let client = component("client", "needs = [\"s\"]\npassive = true");
    assert!(read(&(server(false) + &client)).is_ok());
    assert_eq!(
        mistake(&(server(true) + &client)),
        "list:15: \"s\": a passive component can't need the service of another one: remove \
         `passive` from one of them"
    );
}
