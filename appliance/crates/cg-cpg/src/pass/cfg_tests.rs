//! Control flow of each construct against edges worked by hand, and what must hold for any body.

use cg_types::{
    CfgKind, ControlKind, FileGraph, Language, Modifiers, NodeIndex, NodeKind, Role, Span,
};
use proptest::prelude::*;

use crate::Limits;
use crate::builder::{Builder, Operator, Place, Slot};
use crate::pass::{Scratch, run};
use crate::test_support::{graph, statements};

/// Edges of the file's second METHOD as `a -> b`, with the kind in between where there is one.
fn edges(graph: &FileGraph, label: impl Fn(NodeIndex) -> String) -> Vec<String> {
    let method =
        (3..).map(NodeIndex).find(|at| graph.node(*at).kind == NodeKind::Method).expect("a method");
    let name = |at: NodeIndex| match graph.node(at).kind {
        NodeKind::Method => "in".to_owned(),
        NodeKind::MethodReturn => "out".to_owned(),
        _ => label(at),
    };
    let inside = |at: NodeIndex| at == method || graph.node(at).method == method;
    let mut list: Vec<String> = graph
        .cfg
        .iter()
        .filter(|edge| inside(edge.src))
        .map(|edge| match edge.kind {
            CfgKind::Next => format!("{} -> {}", name(edge.src), name(edge.dst)),
            kind => format!("{} -{}-> {}", name(edge.src), kind.as_str(), name(edge.dst)),
        })
        .collect();
    list.sort();
    list
}

/// Compares the edges of `void f(void) { … }` with a list parted by `;`; nodes are named by their code.
fn c(body: &str, expected: &str) {
    let text = format!("void f(void) {{ {body} }}");
    let graph = graph(Language::C, &text);
    let code = |at: NodeIndex| {
        let node = graph.node(at);
        if matches!(node.control, ControlKind::For | ControlKind::If) {
            return node.control.as_str().to_owned();
        }
        let span = node.span;
        text[span.start as usize..span.end as usize].trim_end_matches(';').to_owned()
    };
    let got = edges(&graph, code);
    assert_eq!(got, listed(expected), "{body}");
}

/// The same for `func f() { … }` in Go; a BREAK that the text does not have is `BREAK`.
fn go(body: &str, expected: &str) {
    let text = format!("func f() {{ {body} }}");
    let graph = graph(Language::Go, &text);
    let code = |at: NodeIndex| {
        let node = graph.node(at);
        let (control, span) = (node.control, node.span);
        let is_jump = matches!(control, ControlKind::Break | ControlKind::Continue);
        match control {
            ControlKind::None => {}
            _ if is_jump && span.start < span.end => {}
            _ => return control.as_str().to_owned(),
        }
        text[span.start as usize..span.end as usize].to_owned()
    };
    assert_eq!(edges(&graph, code), listed(expected), "{body}");
}

/// The same for JavaScript.
fn javascript(body: &str, expected: &str) {
    let text = format!("function f() {{ {body} }}");
    let graph = graph(Language::JavaScript, &text);
    let code = |at: NodeIndex| {
        let node = graph.node(at);
        match node.control {
            ControlKind::Try | ControlKind::Catch | ControlKind::Finally => {
                return node.control.as_str().to_owned();
            }
            _ => {}
        }
        let span = node.span;
        text[span.start as usize..span.end as usize].trim_end_matches(';').to_owned()
    };
    assert_eq!(edges(&graph, code), listed(expected), "{body}");
}

#[test]
fn nullish_operators_evaluate_their_right_side_only_if_asked() {
    javascript(
        "a ?? b; c;",
        "in -> a; a -true-> a ?? b; a -false-> b; b -> a ?? b; a ?? b -> c; c -> out",
    );
    javascript(
        "a ||= b;",
        "in -> a; a -true-> a ||= b; a -false-> a; a -> b; b -> a; a -> a ||= b; a ||= b -> out",
    );
}

#[test]
fn labelled_loops_of_javascript() {
    javascript(
        "l: while (a) { while (b) { if (c) continue l; break l; } } d;",
        "in -> a; a -true-> b; a -false-> d; b -true-> c; b -false-> a; c -true-> continue l; continue l -> a;
         c -false-> break l; break l -> d; d -> out",
    );
    javascript(
        "l: { if (a) break l; b; } c;",
        "in -> a; a -true-> break l; a -false-> b; break l -> c; b -> c; c -> out",
    );
}

#[test]
fn catch_of_javascript_takes_every_exception() {
    javascript(
        "try { a(); } catch { b; } finally { c; }",
        "in -> TRY; TRY -> a; TRY -exception-> CATCH; a -> a(); a() -> FINALLY; a() -exception-> CATCH;
         CATCH -true-> b; b -> FINALLY; FINALLY -> c; c -> out",
    );
}

fn listed(expected: &str) -> Vec<String> {
    let mut list: Vec<String> = expected
        .split(';')
        .map(|one| one.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    list.retain(|one| !one.is_empty());
    list.sort();
    list
}

#[test]
fn statements_follow_each_other_and_arguments_come_before_the_call() {
    c("a; g(b, c);", "in -> a; a -> b; b -> c; c -> g(b, c); g(b, c) -> out");
}

#[test]
fn if_and_else() {
    c("if (a) b; else c; d;", "in -> a; a -true-> b; a -false-> c; b -> d; c -> d; d -> out");
    c("if (a) b; d;", "in -> a; a -true-> b; a -false-> d; b -> d; d -> out");
    c("if (a) { } d;", "in -> a; a -true-> d; a -false-> d; d -> out");
}

#[test]
fn while_with_break_and_continue() {
    c(
        "while (a) { if (b) break; if (d) continue; e; } g;",
        "in -> a; a -true-> b; a -false-> g; b -true-> break; break -> g; b -false-> d;
         d -true-> continue; continue -> a; d -false-> e; e -> a; g -> out",
    );
    c("while (a) ; b;", "in -> a; a -true-> a; a -false-> b; b -> out");
}

#[test]
fn do_tests_behind_its_body() {
    c(
        "do { if (b) continue; c; } while (a); d;",
        "in -> b; b -true-> continue; continue -> a; b -false-> c; c -> a; a -true-> b; a -false-> d; d -> out",
    );
}

#[test]
fn for_goes_from_update_back_to_its_condition() {
    c(
        "for (i; a; u) { if (b) continue; c; } d;",
        "in -> i; i -> a; a -true-> b; b -true-> continue; continue -> u; b -false-> c; c -> u; u -> a;
         a -false-> d; d -> out",
    );
}

#[test]
fn loop_without_condition_is_left_by_break_only() {
    c(
        "for (;;) { if (a) break; } b;",
        "in -> FOR; FOR -> a; a -true-> break; a -false-> FOR; break -> b; b -> out",
    );
}

#[test]
fn switch_falls_through_and_skips_to_what_follows() {
    c(
        "switch (a) { case 1: b; case 2: d; break; default: e; } g;",
        "in -> a; a -case-> case 1; case 1 -> 1; 1 -> b; b -> case 2; a -case-> case 2; case 2 -> 2; 2 -> d;
         d -> break; break -> g; a -case-> default; default -> e; e -> g; g -> out",
    );
    c(
        "switch (a) { case 1: b; } g;",
        "in -> a; a -case-> case 1; case 1 -> 1; 1 -> b; b -> g; a -false-> g; g -> out",
    );
}

#[test]
fn goto_leads_to_its_label_forward_and_back() {
    c(
        "again: a; if (b) goto again; goto end; c; end: d;",
        "in -> again; again -> a; a -> b; b -true-> goto again; goto again -> again; b -false-> goto end;
         goto end -> end; c -> end; end -> d; d -> out",
    );
}

#[test]
fn logical_operators_are_short_circuits() {
    c("a && b;", "in -> a; a -true-> b; b -> a && b; a -false-> a && b; a && b -> out");
    c("a || b;", "in -> a; a -false-> b; b -> a || b; a -true-> a || b; a || b -> out");
    c(
        "a ? b : d;",
        "in -> a; a -true-> b; a -false-> d; b -> a ? b : d; d -> a ? b : d; a ? b : d -> out",
    );
    c("a ?: d;", "in -> a; a -false-> d; d -> a ?: d; a -true-> a ?: d; a ?: d -> out");
}

#[test]
fn return_leaves_and_what_follows_is_dead() {
    c("return a; b;", "in -> a; a -> return a; return a -> out; b -> out");
    let text = "void f(void) { return a; b; }";
    let graph = graph(Language::C, text);
    let dead: Vec<&str> = graph
        .nodes
        .iter()
        .filter(|node| node.modifiers.has(Modifiers::DEAD))
        .map(|node| graph.text(node.name))
        .collect();
    assert_eq!(dead, ["b"]);
}

#[test]
fn either_branch_of_a_preprocessor_conditional_may_run() {
    c(
        "\n#ifdef A\nreturn a;\n#else\nb;\n#endif\nd;",
        "in -> IF; IF -true-> a; a -> return a; return a -> out; IF -false-> b; b -> d; d -> out",
    );
}

/// Builds `f` by hand and gives its edges; nodes are named by their NAME.
fn built(fill: impl FnOnce(&mut Builder<'_>, NodeIndex)) -> Vec<String> {
    let place = Place { span: Span::default(), line: 1, column: 1, line_end: 1 };
    let mut b = Builder::new("t", Language::Python, "", place);
    let top = Slot::child(b.top_block());
    let method = b.named(top, NodeKind::Method, place, "f");
    let block = b.add(Slot::child(method), NodeKind::Block, place);
    fill(&mut b, block);
    b.method_return(method, "");
    let mut graph = b.finish();
    run(&mut graph, &Limits::default(), &mut Scratch::default());
    edges(&graph, |at| graph.text(graph.node(at).name).to_owned())
}

fn id(b: &mut Builder<'_>, slot: Slot, name: &str) -> NodeIndex {
    b.identifier(slot, Place::default(), name)
}

fn call(b: &mut Builder<'_>, slot: Slot, name: &str) -> NodeIndex {
    b.call(slot, cg_types::DispatchType::Static, Place::default(), name)
}

fn control(b: &mut Builder<'_>, slot: Slot, kind: ControlKind, name: &str) -> NodeIndex {
    let at = b.control(slot, kind, Place::default());
    b.node_mut(at).name = b.intern(name);
    at
}

#[test]
fn exceptions_go_to_the_handlers_in_turn_and_leave_through_finally() {
    let got = built(|b, block| {
        let try_ = control(b, Slot::child(block), ControlKind::Try, "try");
        let body = b.add(Slot::role(try_, Role::TryBody), NodeKind::Block, Place::default());
        call(b, Slot::child(body), "work");
        for (name, inside) in [("E", "e"), ("G", "g")] {
            let catch = control(b, Slot::role(try_, Role::CatchBody), ControlKind::Catch, name);
            id(b, Slot::child(catch), inside);
        }
        let else_ = b.add(Slot::role(try_, Role::FalseBody), NodeKind::Block, Place::default());
        id(b, Slot::child(else_), "otherwise");
        let finally =
            control(b, Slot::role(try_, Role::FinallyBody), ControlKind::Finally, "finally");
        id(b, Slot::child(finally), "close");
        id(b, Slot::child(block), "after");
    });
    let expected = "in -> try; try -> work; try -exception-> E; work -exception-> E; work -> otherwise;
        E -true-> e; E -false-> G; G -true-> g; G -exception-> finally; e -> finally; g -> finally;
        otherwise -> finally; finally -> close; close -> after; close -exception-> out; after -> out";
    assert_eq!(got, listed(expected));
}

#[test]
fn jumps_pass_through_finally() {
    let got = built(|b, block| {
        let loop_ = control(b, Slot::child(block), ControlKind::While, "while");
        id(b, Slot::role(loop_, Role::Condition), "more");
        let body = b.add(Slot::role(loop_, Role::TrueBody), NodeKind::Block, Place::default());
        let try_ = control(b, Slot::child(body), ControlKind::Try, "try");
        let inner = b.add(Slot::role(try_, Role::TryBody), NodeKind::Block, Place::default());
        control(b, Slot::child(inner), ControlKind::Break, "break");
        let finally =
            control(b, Slot::role(try_, Role::FinallyBody), ControlKind::Finally, "finally");
        id(b, Slot::child(finally), "close");
        id(b, Slot::child(block), "after");
    });
    let expected = "in -> more; more -true-> try; try -> break; try -exception-> finally; break -> finally;
        finally -> close; close -> after; close -exception-> out; more -false-> after; after -> out";
    assert_eq!(got, listed(expected));
}

#[test]
fn match_tests_its_arms_in_order_with_guards() {
    let got = built(|b, block| {
        let match_ = control(b, Slot::child(block), ControlKind::Match, "match");
        id(b, Slot::role(match_, Role::Condition), "x");
        for (target, name, guard) in
            [("case", "one", Some("if_one")), ("case", "two", None), ("default", "other", None)]
        {
            let arm = b.add(Slot::role(match_, Role::TrueBody), NodeKind::Block, Place::default());
            b.named(Slot::child(arm), NodeKind::JumpTarget, Place::default(), target);
            if let Some(guard) = guard {
                id(b, Slot::role(arm, Role::Condition), guard);
            }
            id(b, Slot::child(arm), name);
        }
        id(b, Slot::child(block), "after");
    });
    let expected =
        "in -> x; x -> case; case -case-> if_one; if_one -true-> one; if_one -false-> case;
        case -false-> case; case -case-> two; case -false-> default; default -> other; one -> after;
        two -> after; other -> after; after -> out";
    assert_eq!(got, listed(expected));
}

#[test]
fn labels_name_the_loop_that_is_left() {
    let got = built(|b, block| {
        let outer = control(b, Slot::child(block), ControlKind::While, "outer");
        b.named(Slot::child(outer), NodeKind::JumpLabel, Place::default(), "'a");
        let body = b.add(Slot::role(outer, Role::TrueBody), NodeKind::Block, Place::default());
        let inner = control(b, Slot::child(body), ControlKind::While, "inner");
        id(b, Slot::role(inner, Role::Condition), "c");
        let inside = b.add(Slot::role(inner, Role::TrueBody), NodeKind::Block, Place::default());
        let leave = control(b, Slot::child(inside), ControlKind::Break, "break");
        b.named(Slot::role(leave, Role::JumpArgument), NodeKind::JumpLabel, Place::default(), "'a");
        id(b, Slot::child(block), "after");
    });
    let expected =
        "in -> outer; outer -> c; c -true-> break; break -> after; c -false-> outer; after -> out";
    assert_eq!(got, listed(expected));
}

#[test]
fn question_mark_goes_on_or_out() {
    let got = built(|b, block| {
        let question = b.operator(Slot::child(block), Operator::Try, Place::default());
        call(b, Slot::argument(question, 1), "g");
        id(b, Slot::child(block), "after");
    });
    let expected =
        "in -> g; g -> <operator>.try; <operator>.try -exception-> out; <operator>.try -> after;
        after -> out";
    assert_eq!(got, listed(expected));
}

/// Nodes that METHOD reaches when `without` is taken away.
fn reached(graph: &FileGraph, from: NodeIndex, without: NodeIndex, forward: bool) -> Vec<bool> {
    let mut seen = vec![false; graph.nodes.len()];
    let mut stack = vec![from];
    while let Some(at) = stack.pop() {
        if at == without || std::mem::replace(&mut seen[at.0 as usize], true) {
            continue;
        }
        for edge in &graph.cfg {
            let (a, b) = if forward { (edge.src, edge.dst) } else { (edge.dst, edge.src) };
            if a == at {
                stack.push(b);
            }
        }
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Each CFG node is reached from METHOD or marked DEAD; dominators are those of the definition: `d`
    /// dominates `n` when no path leads to `n` without it, and the immediate one is the last of them.
    #[test]
    fn reachability_and_dominators_are_those_of_the_definition(body in statements()) {
        let text = format!("void f(int a, int b, int c) {{ {body} }}");
        let graph = graph(Language::C, &text);
        let method = (3..).map(NodeIndex).find(|at| graph.node(*at).kind == NodeKind::Method).expect("f");
        let all: Vec<NodeIndex> = (0..graph.nodes.len() as u32).map(NodeIndex).collect();
        let exit = *all.iter().find(|at| graph.node(**at).kind == NodeKind::MethodReturn && graph.node(**at).method == method).expect("exit");
        for (root, forward) in [(method, true), (exit, false)] {
            let from_root = reached(&graph, root, NodeIndex::NONE, forward);
            let without: Vec<Vec<bool>> = all.iter().map(|at| reached(&graph, root, *at, forward)).collect();
            let dominates = |d: NodeIndex, n: NodeIndex| from_root[n.0 as usize] && !without[d.0 as usize][n.0 as usize];
            for n in all.iter().copied().filter(|n| graph.node(*n).method == method && *n != root) {
                let is_cfg = graph.cfg.iter().any(|edge| edge.src == n || edge.dst == n);
                let node = graph.node(n);
                let immediate = if forward { node.dominator } else { node.post_dominator };
                if forward && is_cfg && n != exit {
                    prop_assert_eq!(node.modifiers.has(Modifiers::DEAD), !from_root[n.0 as usize]);
                }
                if !is_cfg || !from_root[n.0 as usize] {
                    prop_assert_eq!(immediate, NodeIndex::NONE);
                    continue;
                }
                let strict: Vec<NodeIndex> = all.iter().copied().filter(|d| *d != n && dominates(*d, n)).collect();
                // The immediate dominator is the strict one that all other strict ones dominate.
                let expected = strict.iter().copied().find(|d| strict.iter().all(|other| dominates(*other, *d)));
                prop_assert_eq!(Some(immediate), expected, "{} in {}", graph.text(node.name), text);
            }
        }
    }
}

#[test]
fn go_calls_what_is_deferred_on_every_way_out() {
    go(
        "a(); defer b(); if c { return }; d()",
        "in -> a(); a() -> TRY; TRY -> c; TRY -exception-> FINALLY; c -true-> return; c -false-> d();
         return -> FINALLY; d() -> FINALLY; d() -exception-> FINALLY; FINALLY -> b(); b() -> out;
         b() -exception-> out",
    );
    go(
        "if a { defer b() }; c()",
        "in -> TRY; TRY -exception-> FINALLY; TRY -> a; a -true-> c(); a -false-> c(); c() -> FINALLY;
         c() -exception-> FINALLY; FINALLY -> IF; IF -true-> b(); IF -false-> out; IF -exception-> out;
         b() -> out; b() -exception-> out",
    );
}

#[test]
fn go_select_goes_on_by_one_of_its_cases_only() {
    go(
        "select { case <-a: b(); case <-c: }; d()",
        "in -> SWITCH; SWITCH -case-> case <-a; case <-a -> a; a -> <-a; <-a -> b(); b() -> BREAK;
         SWITCH -case-> case <-c; case <-c -> c; c -> <-c; <-c -> BREAK; BREAK -> d(); BREAK -> d(); d() -> out",
    );
}

#[test]
fn go_switch_falls_through_where_it_says_so_only() {
    go(
        "switch a { case 1: b(); fallthrough; case 2: c() }",
        "in -> a; a -case-> case 1; case 1 -> 1; 1 -> b(); b() -> case 2; a -case-> case 2; case 2 -> 2;
         2 -> c(); c() -> BREAK; BREAK -> out; a -false-> out",
    );
    go(
        "switch { case a: break; default: b() }",
        "in -> a; a -true-> break; a -false-> b(); break -> out; b() -> out",
    );
}

#[test]
fn go_labels_lead_out_of_inner_loops() {
    go(
        "o: for a { for { continue o } }; b()",
        "in -> o; o -> a; a -true-> WHILE; WHILE -> continue o; continue o -> a; a -false-> b(); b() -> out",
    );
}
