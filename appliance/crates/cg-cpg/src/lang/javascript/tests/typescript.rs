//! What only TypeScript has.

use cg_types::Language;

use crate::test_support::{assert_graph, graph};

fn typescript(text: &str, expected: &str) {
    assert_graph(Language::TypeScript, text, expected);
}

#[test]
fn typescript_classes_have_types_and_parameter_properties() {
    typescript(
        "@dec() abstract class R<T> extends Q<T> implements I, J<K> {\n\
           private readonly a: Map<string, T> = new Map();\n\
           constructor(private b: Svc, c?: number) { super(); }\n\
           abstract run(x: T): void;\n\
           over(a: string): void;\n\
           over(a: any) { return <Foo>a; }\n\
           @log async m(@inj() p: P): Promise<void> { await (p as Foo)!.go(); }\n\
         }",
        "
        TYPE_DECL R : Q|I|J = t.ts::program:R {abstract}
          MEMBER a : Map<string, T> {private final}
          MEMBER b : Svc {private}
          ANNOTATION dec
          TYPE_PARAMETER T
          METHOD <init> = t.ts::program:R:<init> ((private b: Svc, c?: number)) {constructor}
            PARAM#0 this : t.ts::program:R
            PARAM#1 b : Svc
            PARAM#2 c : number
            BLOCK
              CALL <operator>.assignment
                @1 CALL <operator>.fieldAccess
                  @1 IDENTIFIER this -> METHOD_PARAMETER_IN this
                  @2 FIELD b
                @2 IDENTIFIER b -> METHOD_PARAMETER_IN b
              CALL <operator>.assignment
                @1 CALL <operator>.fieldAccess
                  @1 IDENTIFIER this -> METHOD_PARAMETER_IN this
                  @2 FIELD a
                @2 CALL <init> : Map
                  recv: IDENTIFIER Map
              CALL <init> dynamic_dispatch
                recv: IDENTIFIER super
            METHOD_RETURN
          METHOD run = t.ts::program:R:run ((x: T): void) {abstract declaration}
            PARAM#0 this : t.ts::program:R
            PARAM#1 x : T
            METHOD_RETURN : void
          METHOD over = t.ts::program:R:over ((a: string): void) {declaration}
            PARAM#0 this : t.ts::program:R
            PARAM#1 a : string
            METHOD_RETURN : void
          METHOD over = t.ts::program:R:over ((a: any))
            PARAM#0 this : t.ts::program:R
            PARAM#1 a : any
            BLOCK
              RETURN
                @1 CALL <operator>.cast : Foo
                  @1 TYPE_REF Foo
                  @2 IDENTIFIER a -> METHOD_PARAMETER_IN a
            METHOD_RETURN
          METHOD m = t.ts::program:R:m ((@inj() p: P): Promise<void>) {async}
            ANNOTATION log
            PARAM#0 this : t.ts::program:R
            PARAM#1 p : P
              ANNOTATION inj
            BLOCK
              CALL <operator>.await
                @1 CALL go dynamic_dispatch
                  recv: CALL <operator>.cast : Foo
                    @1 TYPE_REF Foo
                    @2 IDENTIFIER p -> METHOD_PARAMETER_IN p
            METHOD_RETURN : Promise<void>
        CALL dec dynamic_dispatch
          recv: IDENTIFIER dec
        IDENTIFIER log
        ",
    );
}

#[test]
fn interfaces_aliases_and_enums_are_types() {
    typescript(
        "export interface I extends X, Y<Z> { f(a: string): number; readonly g?: string; new (a: A): B; }\n\
         type U = string | I; type O = { a: number; m(): void };\n\
         const enum E { A = 1, B = f() }",
        "
        TYPE_DECL I : X|Y = t.ts::program:I (interface) {public abstract}
          MEMBER g : string {final}
          METHOD <init> = t.ts::program:I:<init> ((a: A)) {abstract declaration}
            PARAM#0 this
            PARAM#1 a : A
            METHOD_RETURN
          METHOD f = t.ts::program:I:f ((a: string): number) {declaration}
            PARAM#0 this : t.ts::program:I
            PARAM#1 a : string
            METHOD_RETURN : number
        TYPE_DECL U : string | I = t.ts::program:U (type)
        TYPE_DECL O = t.ts::program:O (type)
          MEMBER a : number
          METHOD m = t.ts::program:O:m ((): void) {declaration}
            PARAM#0 this : t.ts::program:O
            METHOD_RETURN : void
        TYPE_DECL E = t.ts::program:E (enum)
          MEMBER A : E {static final}
          MEMBER B : E {static final}
          METHOD <clinit> = t.ts::program:E:<clinit> {static}
            PARAM#0 this
            BLOCK
              CALL <operator>.assignment
                @1 CALL <operator>.fieldAccess
                  @1 IDENTIFIER this -> METHOD_PARAMETER_IN this
                  @2 FIELD B
                @2 CALL f dynamic_dispatch
                  recv: IDENTIFIER f
            METHOD_RETURN
        ",
    );
}

#[test]
fn namespaces_hold_a_body_and_ambient_declarations_have_none() {
    typescript(
        "namespace N.M { export const z = 1; function q() { return z; } }\n\
         declare module 'mm' { export function w(): void; }\n\
         declare function dd(this: Foo, x: number): x is string;\n\
         import fs = require('fs');\n\
         import T = N.M;\n\
         export = dd;",
        "
        LOCAL T {final}
        NAMESPACE_BLOCK N.M = t.ts::program:N:M
          METHOD <body> = t.ts::program:N:M:<body> {module}
            BLOCK
              LOCAL z : number {public final}
              CALL <operator>.assignment
                @1 IDENTIFIER z -> LOCAL z
                @2 LITERAL 1 : number
              METHOD q = t.ts::program:N:M:q (())
                PARAM#0 this
                BLOCK
                  RETURN
                    @1 IDENTIFIER z -> LOCAL z
                METHOD_RETURN
            METHOD_RETURN
        NAMESPACE_BLOCK mm = t.ts::program:mm {declaration}
          METHOD <body> = t.ts::program:mm:<body> {module}
            BLOCK
              METHOD w = t.ts::program:mm:w ((): void) {public declaration}
                PARAM#0 this
                METHOD_RETURN : void
            METHOD_RETURN
        METHOD dd = t.ts::program:dd ((this: Foo, x: number): x is string) {declaration}
          PARAM#0 this : Foo
          PARAM#1 x : number
          METHOD_RETURN : x is string
        IMPORT fs
        CALL <operator>.assignment
          @1 IDENTIFIER T -> LOCAL T
          @2 CALL <operator>.fieldAccess
            @1 IDENTIFIER N -> NAMESPACE_BLOCK N.M
            @2 FIELD M
        CALL <operator>.assignment
          @1 CALL <operator>.fieldAccess
            @1 IDENTIFIER module
            @2 FIELD exports
          @2 IDENTIFIER dd -> METHOD dd
        ",
    );
}

#[test]
fn generic_arrows_and_casts_are_no_elements() {
    typescript(
        "const id = <T,>(x: T): T => <any>x satisfies T;",
        "
        LOCAL id {final}
        CALL <operator>.assignment
          @1 IDENTIFIER id -> LOCAL id
          @2 METHOD_REF id = t.ts::program:id -> METHOD id
        METHOD id = t.ts::program:id ((x: T): T) {lambda}
          TYPE_PARAMETER T
          PARAM#1 x : T
          BLOCK
            RETURN
              @1 CALL <operator>.cast : any
                @1 TYPE_REF any
                @2 IDENTIFIER x -> METHOD_PARAMETER_IN x
          METHOD_RETURN : T
        ",
    );
}

#[test]
fn tsx_has_elements_where_typescript_has_casts() {
    let text = "const a = <T>x</T>;";
    let limits = crate::Limits::default();
    assert_eq!(crate::analyze("a.tsx", Language::TypeScript, text, &limits).diagnostics, []);
    assert!(!graph(Language::TypeScript, text).diagnostics.is_empty());
}
