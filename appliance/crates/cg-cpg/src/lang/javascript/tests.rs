//! One test a lowering rule; the expected graphs are worked by hand from the rules at [`super`].

mod statements;
mod typescript;

use cg_types::Language;

use crate::test_support::assert_graph;

fn javascript(text: &str, expected: &str) {
    assert_graph(Language::JavaScript, text, expected);
}

#[test]
fn functions_have_this_defaults_patterns_and_rests() {
    javascript(
        "async function f(a = 1, { b, c: [d] }, ...r) { return b; }",
        "
        METHOD f = t.js::program:f ((a = 1, { b, c: [d] }, ...r)) {async}
          PARAM#0 this
          PARAM#1 a
          PARAM#2 <param2>
          PARAM#3 r {variadic}
          BLOCK
            LOCAL b
            LOCAL _tmp_0
            LOCAL d
            CALL <operator>.assignment
              @1 IDENTIFIER a -> METHOD_PARAMETER_IN a
              @2 CALL <operator>.conditional
                @1 CALL <operator>.equals
                  @1 IDENTIFIER a -> METHOD_PARAMETER_IN a
                  @2 LITERAL  : undefined
                @2 LITERAL 1 : number
                @3 IDENTIFIER a -> METHOD_PARAMETER_IN a
            CALL <operator>.assignment
              @1 IDENTIFIER b -> LOCAL b
              @2 CALL <operator>.fieldAccess
                @1 IDENTIFIER <param2> -> METHOD_PARAMETER_IN <param2>
                @2 FIELD b
            CALL <operator>.assignment
              @1 IDENTIFIER _tmp_0 -> LOCAL _tmp_0
              @2 CALL <operator>.fieldAccess
                @1 IDENTIFIER <param2> -> METHOD_PARAMETER_IN <param2>
                @2 FIELD c
            CALL <operator>.assignment
              @1 IDENTIFIER d -> LOCAL d
              @2 CALL <operator>.fieldAccess
                @1 IDENTIFIER _tmp_0 -> LOCAL _tmp_0
                @2 FIELD 0
            RETURN
              @1 IDENTIFIER b -> LOCAL b
          METHOD_RETURN
        ",
    );
}

#[test]
fn arrows_return_their_value_and_see_the_this_around_them() {
    javascript(
        "function g() { return x => this.y + x; }",
        "
        METHOD g = t.js::program:g (())
          PARAM#0 this
          BLOCK
            RETURN
              @1 METHOD_REF <lambda>0 = t.js::program:g:<lambda>0 -> METHOD <lambda>0
            METHOD <lambda>0 = t.js::program:g:<lambda>0 ((x)) {lambda}
              PARAM#1 x
              BLOCK
                RETURN
                  @1 CALL <operator>.addition
                    @1 CALL <operator>.fieldAccess
                      @1 IDENTIFIER this -> METHOD_PARAMETER_IN this
                      @2 FIELD y
                    @2 IDENTIFIER x -> METHOD_PARAMETER_IN x
              METHOD_RETURN
          METHOD_RETURN
        ",
    );
}

#[test]
fn var_is_hoisted_and_let_lives_in_its_block() {
    javascript(
        "function g(p) { h = 1; if (p) { let q = 2; var h = q; } return q; }",
        "
        METHOD g = t.js::program:g ((p))
          PARAM#0 this
          PARAM#1 p
          BLOCK
            LOCAL h : number
            CALL <operator>.assignment
              @1 IDENTIFIER h -> LOCAL h
              @2 LITERAL 1 : number
            IF
              cond: IDENTIFIER p -> METHOD_PARAMETER_IN p
              then: BLOCK
                LOCAL q : number
                CALL <operator>.assignment
                  @1 IDENTIFIER q -> LOCAL q
                  @2 LITERAL 2 : number
                CALL <operator>.assignment
                  @1 IDENTIFIER h -> LOCAL h
                  @2 IDENTIFIER q -> LOCAL q
            RETURN
              @1 IDENTIFIER q
          METHOD_RETURN
        ",
    );
}

#[test]
fn classes_run_their_fields_in_the_constructor_before_its_parameters_are_seen() {
    javascript(
        "class A extends B.C { #p = x; constructor(x) { super(x); this.q = x; } get v() { return this.#p; } h = () => this.q; }",
        "
        TYPE_DECL A : B.C = t.js::program:A
          MEMBER #p {private}
          MEMBER q
          MEMBER h
          METHOD <init> = t.js::program:A:<init> ((x)) {constructor}
            PARAM#0 this : t.js::program:A
            PARAM#1 x
            BLOCK
              CALL <operator>.assignment
                @1 CALL <operator>.fieldAccess
                  @1 IDENTIFIER this -> METHOD_PARAMETER_IN this
                  @2 FIELD #p
                @2 IDENTIFIER x
              CALL <operator>.assignment
                @1 CALL <operator>.fieldAccess
                  @1 IDENTIFIER this -> METHOD_PARAMETER_IN this
                  @2 FIELD h
                @2 METHOD_REF h = t.js::program:A:h -> METHOD h
              CALL <init> dynamic_dispatch
                recv: IDENTIFIER super
                @1 IDENTIFIER x -> METHOD_PARAMETER_IN x
              CALL <operator>.assignment
                @1 CALL <operator>.fieldAccess
                  @1 IDENTIFIER this -> METHOD_PARAMETER_IN this
                  @2 FIELD q
                @2 IDENTIFIER x -> METHOD_PARAMETER_IN x
            METHOD_RETURN
          METHOD h = t.js::program:A:h (()) {lambda}
            BLOCK
              RETURN
                @1 CALL <operator>.fieldAccess
                  @1 IDENTIFIER this -> METHOD_PARAMETER_IN this
                  @2 FIELD q
            METHOD_RETURN
          METHOD v = t.js::program:A:v (get ())
            PARAM#0 this : t.js::program:A
            BLOCK
              RETURN
                @1 CALL <operator>.fieldAccess
                  @1 IDENTIFIER this -> METHOD_PARAMETER_IN this
                  @2 FIELD #p
            METHOD_RETURN
        ",
    );
}

#[test]
fn static_fields_and_blocks_run_in_clinit() {
    javascript(
        "class A { static s = new Map(); static { init(this.s); } static m() {} }",
        "
        TYPE_DECL A = t.js::program:A
          MEMBER s : Map {static}
          METHOD m = t.js::program:A:m (()) {static}
            PARAM#0 this
            BLOCK
            METHOD_RETURN
          METHOD <clinit> = t.js::program:A:<clinit> {static}
            PARAM#0 this
            BLOCK
              CALL <operator>.assignment
                @1 CALL <operator>.fieldAccess
                  @1 IDENTIFIER this -> METHOD_PARAMETER_IN this
                  @2 FIELD s
                @2 CALL <init> : Map
                  recv: IDENTIFIER Map
              BLOCK
                CALL init dynamic_dispatch
                  recv: IDENTIFIER init
                  @1 CALL <operator>.fieldAccess
                    @1 IDENTIFIER this -> METHOD_PARAMETER_IN this
                    @2 FIELD s
            METHOD_RETURN
        ",
    );
}

#[test]
fn new_is_a_call_of_init_and_method_calls_have_a_receiver() {
    javascript(
        "const a = new m.A(1).go?.(...b);",
        "
        LOCAL a {final}
        CALL <operator>.assignment
          @1 IDENTIFIER a -> LOCAL a
          @2 CALL go dynamic_dispatch
            recv: CALL <init> : m.A
              recv: CALL <operator>.fieldAccess
                @1 IDENTIFIER m
                @2 FIELD A
              @1 LITERAL 1 : number
            @1 CALL <operator>.starredUnpack
              @1 IDENTIFIER b
        ",
    );
}

#[test]
fn object_literals_hold_their_methods() {
    javascript(
        "const api = { get() { return this.x; }, 'a-b': 1, c: () => 2, [k]: d, e, ...rest };",
        "
        LOCAL api {final}
        CALL <operator>.assignment
          @1 IDENTIFIER api -> LOCAL api
          @2 CALL <operator>.structInitializer
            @1 CALL <operator>.assignment
              @1 FIELD get
              @2 METHOD_REF get = t.js::program:api:get -> METHOD get
            METHOD get = t.js::program:api:get (()) {lambda}
              PARAM#0 this
              BLOCK
                RETURN
                  @1 CALL <operator>.fieldAccess
                    @1 IDENTIFIER this -> METHOD_PARAMETER_IN this
                    @2 FIELD x
              METHOD_RETURN
            @2 CALL <operator>.assignment
              @1 FIELD a-b
              @2 LITERAL 1 : number
            @3 CALL <operator>.assignment
              @1 FIELD c
              @2 METHOD_REF c = t.js::program:api:c -> METHOD c
            METHOD c = t.js::program:api:c (()) {lambda}
              BLOCK
                RETURN
                  @1 LITERAL 2 : number
              METHOD_RETURN
            @4 CALL <operator>.assignment
              @1 UNKNOWN computed_property_name
                IDENTIFIER k
              @2 IDENTIFIER d
            @5 CALL <operator>.assignment
              @1 FIELD e
              @2 IDENTIFIER e
            @6 CALL <operator>.starredUnpack
              @1 IDENTIFIER rest
        ",
    );
}

#[test]
fn functions_are_named_after_what_they_are_assigned_to() {
    javascript(
        "A.prototype.run = function () {};\n\
         exports.one = () => 1;\n\
         on(function () {});\n\
         on(function named() { named(); });",
        "
        CALL <operator>.assignment
          @1 CALL <operator>.fieldAccess
            @1 CALL <operator>.fieldAccess
              @1 IDENTIFIER A
              @2 FIELD prototype
            @2 FIELD run
          @2 METHOD_REF run = t.js::program:A:run -> METHOD run
        METHOD run = t.js::program:A:run (()) {lambda}
          PARAM#0 this
          BLOCK
          METHOD_RETURN
        CALL <operator>.assignment
          @1 CALL <operator>.fieldAccess
            @1 IDENTIFIER exports
            @2 FIELD one
          @2 METHOD_REF one = t.js::program:one -> METHOD one
        METHOD one = t.js::program:one (()) {lambda}
          BLOCK
            RETURN
              @1 LITERAL 1 : number
          METHOD_RETURN
        CALL on dynamic_dispatch
          recv: IDENTIFIER on
          @1 METHOD_REF <lambda>0 = t.js::program:<lambda>0 -> METHOD <lambda>0
        METHOD <lambda>0 = t.js::program:<lambda>0 (()) {lambda}
          PARAM#0 this
          BLOCK
          METHOD_RETURN
        CALL on dynamic_dispatch
          recv: IDENTIFIER on
          @1 METHOD_REF named = t.js::program:named -> METHOD named
        METHOD named = t.js::program:named (()) {lambda}
          PARAM#0 this
          BLOCK
            CALL named dynamic_dispatch
              recv: IDENTIFIER named -> METHOD named
          METHOD_RETURN
        ",
    );
}

#[test]
fn imports_and_exports_of_modules() {
    javascript(
        "import a, { b as c } from './m';\n\
         import * as ns from \"n\";\n\
         import './e';\n\
         export const f = c(a);\n\
         export default class K {}\n\
         export { f as ff };\n\
         export { k as l } from './k';\n\
         export * from './z';\n\
         export * as q from './q';",
        "
        LOCAL f {public final}
        IMPORT a = ./m:default
        IMPORT c = ./m:b
        IMPORT ns = n
        IMPORT = ./e
        CALL <operator>.assignment
          @1 IDENTIFIER f -> LOCAL f
          @2 CALL c dynamic_dispatch
            recv: IDENTIFIER c -> IMPORT c
            @1 IDENTIFIER a -> IMPORT a
        CALL <operator>.assignment
          @1 CALL <operator>.fieldAccess
            @1 IDENTIFIER exports
            @2 FIELD default
          @2 IDENTIFIER K -> TYPE_DECL K
        TYPE_DECL K = t.js::program:K
        CALL <operator>.assignment
          @1 CALL <operator>.fieldAccess
            @1 IDENTIFIER exports
            @2 FIELD ff
          @2 IDENTIFIER f -> LOCAL f
        IMPORT l = ./k:k {public}
        IMPORT * = ./z {public wildcard}
        IMPORT q = ./q {public}
        ",
    );
}

#[test]
fn required_modules_are_imports_too() {
    javascript(
        "const { readFile, join: j } = require('fs');\n\
         module.exports = require('./p').x;",
        "
        LOCAL _tmp_0
        LOCAL readFile {final}
        LOCAL j {final}
        IMPORT readFile = fs:readFile
        IMPORT j = fs:join
        CALL <operator>.assignment
          @1 IDENTIFIER _tmp_0 -> LOCAL _tmp_0
          @2 CALL require (fs) dynamic_dispatch
            recv: IDENTIFIER require
            @1 LITERAL 'fs' : string
        CALL <operator>.assignment
          @1 IDENTIFIER readFile -> LOCAL readFile
          @2 CALL <operator>.fieldAccess
            @1 IDENTIFIER _tmp_0 -> LOCAL _tmp_0
            @2 FIELD readFile
        CALL <operator>.assignment
          @1 IDENTIFIER j -> LOCAL j
          @2 CALL <operator>.fieldAccess
            @1 IDENTIFIER _tmp_0 -> LOCAL _tmp_0
            @2 FIELD join
        CALL <operator>.assignment
          @1 CALL <operator>.fieldAccess
            @1 IDENTIFIER module
            @2 FIELD exports
          @2 CALL <operator>.fieldAccess
            @1 CALL require (./p) dynamic_dispatch
              recv: IDENTIFIER require
              @1 LITERAL './p' : string
            @2 FIELD x
        ",
    );
}
