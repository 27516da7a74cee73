//! C++: one test a lowering rule; the expected graphs are worked by hand from the rules at [`super`].

use cg_types::Language;

use crate::test_support::assert_graph;

fn cpp(text: &str, expected: &str) {
    assert_graph(Language::Cpp, text, expected);
}

/// The same for statements inside of `void f() { … }`.
fn body(statements: &str, expected: &str) {
    let lines: Vec<&str> = expected.lines().filter(|line| !line.trim().is_empty()).collect();
    let margin = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let inner: String = lines.iter().map(|line| format!("    {}\n", &line[margin..])).collect();
    cpp(
        &format!("void f() {{ {statements} }}"),
        &format!("METHOD f : void (void())\n  BLOCK\n{inner}  METHOD_RETURN : void\n"),
    );
}

#[test]
fn classes_have_bases_access_and_members() {
    cpp(
        "namespace ns {
class Base : public a::Top<int>, Other {
  int hidden;
 public:
  virtual ~Base() = default;
  virtual int f(int a, int b = 2) const = 0;
  static Base* make();
  void g() override {}
 private:
  int x_ = 1;
};
struct S { int open; };
}
",
        "
        NAMESPACE_BLOCK ns
          TYPE_DECL Base : a::Top<int>|Other = ns::Base (class)
            MEMBER hidden : int
            METHOD ~Base = ns::Base::~Base (()) {public virtual declaration}
              PARAM#0 this : ns::Base*
              METHOD_RETURN
            METHOD f : int = ns::Base::f (int(int,int)) {public abstract virtual declaration}
              PARAM#0 this : ns::Base*
              PARAM#1 a : int
              PARAM#2 b : int
              METHOD_RETURN : int
            METHOD make : Base* = ns::Base::make (Base*()) {static public declaration}
              METHOD_RETURN : Base*
            METHOD g : void = ns::Base::g (void()) {public virtual}
              PARAM#0 this : ns::Base*
              BLOCK
              METHOD_RETURN : void
            MEMBER x_ : int
          TYPE_DECL S = ns::S (struct)
            MEMBER open : int
        ",
    );
}

#[test]
fn functions_are_named_by_what_is_around_and_by_their_path() {
    cpp(
        "namespace a::b { namespace { void only() {} } static int s() { return 1; } }
int ns::Base::g() { return this->x; }
A::operator bool() const { return true; }
bool operator<(const A& x, const A& y) { return g() and h(); }
",
        "
        NAMESPACE_BLOCK a::b
          NAMESPACE_BLOCK <anonymous> = a::b
            METHOD only : void = t.cpp:a::b::only (void()) {static}
              BLOCK
              METHOD_RETURN : void
          METHOD s : int = t.cpp:a::b::s (int()) {static}
            BLOCK
              RETURN
                @1 LITERAL 1 : int
            METHOD_RETURN : int
        METHOD g : int = ns::Base::g (int())
          PARAM#0 this : ns::Base*
          BLOCK
            RETURN
              @1 CALL <operator>.indirectFieldAccess
                @1 IDENTIFIER this : ns::Base* -> METHOD_PARAMETER_IN this
                @2 FIELD x
          METHOD_RETURN : int
        METHOD operator bool = A::operator bool (())
          PARAM#0 this : A*
          BLOCK
            RETURN
              @1 LITERAL true : bool
          METHOD_RETURN
        METHOD operator< : bool (bool(A&,A&))
          PARAM#1 x : A&
          PARAM#2 y : A&
          BLOCK
            RETURN
              @1 CALL <operator>.logicalAnd
                @1 CALL g
                @2 CALL h
          METHOD_RETURN : bool
        ",
    );
}

#[test]
fn constructors_initialise_members_and_bases() {
    cpp(
        "class B { explicit B(int x) : Top(x), x_(x), y_(1, 2) {} };",
        "
        TYPE_DECL B (class)
          METHOD B = B::B ((int)) {private constructor}
            PARAM#0 this : B*
            PARAM#1 x : int
            BLOCK
              CALL Top : Top
                @1 IDENTIFIER x : int -> METHOD_PARAMETER_IN x
              CALL <operator>.assignment
                @1 CALL <operator>.indirectFieldAccess
                  @1 IDENTIFIER this : B* -> METHOD_PARAMETER_IN this
                  @2 FIELD x_
                @2 IDENTIFIER x : int -> METHOD_PARAMETER_IN x
              CALL <operator>.assignment
                @1 CALL <operator>.indirectFieldAccess
                  @1 IDENTIFIER this : B* -> METHOD_PARAMETER_IN this
                  @2 FIELD y_
                @2 CALL <operator>.arrayInitializer
                  @1 LITERAL 1 : int
                  @2 LITERAL 2 : int
            METHOD_RETURN
        ",
    );
}

#[test]
fn using_makes_imports_and_aliases() {
    cpp(
        "using namespace std;\nusing a::b;\nnamespace x = a::c;\nusing T = std::vector<int>;",
        "
        IMPORT std = ::std {wildcard}
        IMPORT b = ::a::b
        IMPORT x = ::a::c
        TYPE_DECL T : std::vector<int> (typedef)
        ",
    );
}

#[test]
fn calls_know_object_path_and_what_is_made() {
    body(
        "auto p = new Base(1); p->f(2); ns::g<int>(3); Foo foo(1, 2); int n(4); static_cast<T*>(p); delete p; new int[n];",
        "
        LOCAL p : auto
        CALL <operator>.assignment : void
          @1 IDENTIFIER p : auto -> LOCAL p
          @2 CALL <operator>.alloc : Base*
            @1 CALL Base : Base
              @1 LITERAL 1 : int
        CALL f dynamic_dispatch
          recv: IDENTIFIER p : auto -> LOCAL p
          @1 LITERAL 2 : int
        CALL g (ns::g)
          @1 LITERAL 3 : int
        LOCAL foo : Foo
        CALL <operator>.assignment : void
          @1 IDENTIFIER foo : Foo -> LOCAL foo
          @2 CALL Foo : Foo
            @1 LITERAL 1 : int
            @2 LITERAL 2 : int
        LOCAL n : int
        CALL <operator>.assignment : void
          @1 IDENTIFIER n : int -> LOCAL n
          @2 LITERAL 4 : int
        CALL <operator>.cast
          @1 TYPE_REF T* : T*
          @2 IDENTIFIER p : auto -> LOCAL p
        CALL <operator>.delete
          @1 IDENTIFIER p : auto -> LOCAL p
        CALL <operator>.alloc : int*
          @1 TYPE_REF int : int
          @2 IDENTIFIER n : int -> LOCAL n
        ",
    );
}

#[test]
fn exceptions_ranges_and_declared_conditions_are_control_structures() {
    body(
        "for (const auto& x : list) { x.go(); } try { throw E(); } catch (const E& e) { throw; } catch (...) {} if (auto z = l()) { }",
        "
        FOR
          LOCAL <iterator>
          for_init: CALL <operator>.assignment
            @1 IDENTIFIER <iterator> -> LOCAL <iterator>
            @2 CALL <operator>.iterator
              @1 IDENTIFIER list
          cond: CALL <operator>.assignment
            @1 IDENTIFIER x : auto& -> LOCAL x
            @2 CALL <operator>.iteratorNext
              @1 IDENTIFIER <iterator> -> LOCAL <iterator>
          LOCAL x : auto&
          for_body: BLOCK
            CALL go dynamic_dispatch
              recv: IDENTIFIER x : auto& -> LOCAL x
        TRY
          try_body: BLOCK
            THROW
              @1 CALL E
          catch_body: CATCH
            LOCAL e : E&
            BLOCK
              THROW
          catch_body: CATCH {wildcard}
            BLOCK
        IF
          LOCAL z : auto
          cond: CALL <operator>.assignment
            @1 IDENTIFIER z : auto -> LOCAL z
            @2 CALL l
          then: BLOCK
        ",
    );
}

#[test]
fn lambdas_are_methods_of_the_block_around() {
    body(
        "int a; auto l = [&, b = a](int q) { return q + a; }; l(1);",
        "
        LOCAL a : int
        LOCAL l : auto
        CALL <operator>.assignment : void
          @1 IDENTIFIER l : auto -> LOCAL l
          @2 METHOD_REF <lambda>0 -> METHOD <lambda>0
        METHOD <lambda>0 ((int)) {lambda}
          PARAM#1 q : int
          BLOCK
            LOCAL b : auto
            CALL <operator>.assignment
              @1 IDENTIFIER b : auto -> LOCAL b
              @2 IDENTIFIER a : int -> LOCAL a
            RETURN
              @1 CALL <operator>.addition
                @1 IDENTIFIER q : int -> METHOD_PARAMETER_IN q
                @2 IDENTIFIER a : int -> LOCAL a
          METHOD_RETURN
        CALL l dynamic_dispatch
          recv: IDENTIFIER l : auto -> LOCAL l
          @1 LITERAL 1 : int
        ",
    );
}

#[test]
fn export_macros_do_not_hide_a_class() {
    cpp(
        "class API Name : public B {\n void f() LOCKED(m);\n};\n",
        "
        TYPE_DECL Name : B (class)
          METHOD f : void = Name::f (void()) {private declaration}
            PARAM#0 this : Name*
            METHOD_RETURN : void
        ",
    );
}
