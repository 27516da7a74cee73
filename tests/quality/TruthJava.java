import com.sun.source.tree.*;
import com.sun.source.util.*;
import java.nio.file.*;
import java.util.*;
import java.util.stream.*;
import javax.lang.model.element.*;
import javax.lang.model.util.*;
import javax.tools.*;

/** Truth for Java, from javac: {@code java TruthJava.java FOLDER} prints definitions and calls; offsets are UTF-16 units. */
class TruthJava {
  static Path root;
  static Trees trees;
  static Elements elements;
  static SourcePositions positions;
  static final Map<Element, String> places = new HashMap<>();
  static final Map<Element, Set<String>> overriders = new HashMap<>();
  static final StringBuilder out = new StringBuilder();

  static String text(String s) {
    return '"' + s.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  static String file(CompilationUnitTree unit) {
    return root.relativize(Path.of(unit.getSourceFile().toUri())).toString();
  }

  static void row(String kind, CompilationUnitTree unit, Tree node, String name, String rest) {
    long start = positions.getStartPosition(unit, node), end = positions.getEndPosition(unit, node);
    out.append("{\"kind\":\"" + kind + "\",\"file\":" + text(file(unit)) + ",\"line\":" + unit.getLineMap().getLineNumber(start)
        + ",\"start\":" + start + ",\"end\":" + end + ",\"name\":" + text(name) + rest + "}\n");
  }

  /** Whether a method stands in the source, not made by the compiler. */
  static boolean written(Element element) {
    return places.containsKey(element);
  }

  static class Definitions extends TreePathScanner<Void, CompilationUnitTree> {
    @Override public Void visitMethod(MethodTree node, CompilationUnitTree unit) {
      long end = positions.getEndPosition(unit, node);
      Element element = trees.getElement(getCurrentPath());
      boolean made = elements.getOrigin(element) != Elements.Origin.EXPLICIT;
      if (end >= 0 && !made) {
        places.put(element, "[" + text(file(unit)) + "," + end + "]");
        if (node.getBody() != null) row("def", unit, node, element.getSimpleName().toString(), "");
      }
      return super.visitMethod(node, unit);
    }
  }

  /** For each method of the project the methods of subclasses that stand in for it. */
  static void overriding() {
    for (Element element : places.keySet()) {
      if (!(element instanceof ExecutableElement method) || method.getKind() != ElementKind.METHOD) continue;
      TypeElement type = (TypeElement) method.getEnclosingElement();
      Deque<TypeElement> above = new ArrayDeque<>(List.of(type));
      Set<TypeElement> seen = new HashSet<>();
      while (!above.isEmpty()) {
        TypeElement at = above.pop();
        List<javax.lang.model.type.TypeMirror> up = new ArrayList<>(at.getInterfaces());
        up.add(at.getSuperclass());
        for (var mirror : up) {
          if (mirror instanceof javax.lang.model.type.DeclaredType d && seen.add((TypeElement) d.asElement())) above.push((TypeElement) d.asElement());
        }
        if (at == type) continue;
        for (Element other : at.getEnclosedElements()) {
          if (other instanceof ExecutableElement base && written(base) && elements.overrides(method, base, type)) {
            overriders.computeIfAbsent(base, k -> new TreeSet<>()).add(places.get(method));
          }
        }
      }
    }
  }

  static class Calls extends TreePathScanner<Void, CompilationUnitTree> {
    void call(Tree node, String name, CompilationUnitTree unit) {
      if (positions.getEndPosition(unit, node) < 0) return;
      Element element = trees.getElement(getCurrentPath());
      String state, to = "", also = "";
      if (!(element instanceof ExecutableElement)) state = "unknown";
      else if (element.asType().getKind() == javax.lang.model.type.TypeKind.ERROR) state = "unknown";
      else if (written(element)) {
        state = "project";
        to = places.get(element);
        also = String.join(",", overriders.getOrDefault(element, Set.of()));
      } else {
        Element type = element.getEnclosingElement();
        boolean own = trees.getTree(type) != null;
        state = own ? "implicit" : "external";
      }
      row("call", unit, node, name, ",\"state\":\"" + state + "\",\"to\":[" + to + "],\"also\":[" + also + "]");
    }

    @Override public Void visitMethodInvocation(MethodInvocationTree node, CompilationUnitTree unit) {
      ExpressionTree select = node.getMethodSelect();
      String name = select instanceof MemberSelectTree m ? m.getIdentifier().toString() : select.toString();
      call(node, name, unit);
      return super.visitMethodInvocation(node, unit);
    }

    @Override public Void visitNewClass(NewClassTree node, CompilationUnitTree unit) {
      Tree parent = getCurrentPath().getParentPath().getLeaf();
      boolean constant = parent instanceof VariableTree v
          && trees.getElement(getCurrentPath().getParentPath()).getKind() == ElementKind.ENUM_CONSTANT;
      // the constructor of an anonymous class is the compiler's: its base's one is called, by a symbol that it hides
      if (!constant && node.getClassBody() == null) call(node, node.getIdentifier().toString(), unit);
      return super.visitNewClass(node, unit);
    }
  }

  public static void main(String[] args) throws Exception {
    root = Path.of(args[0]).toRealPath();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null); Stream<Path> walk = Files.walk(root)) {
      List<Path> files = walk.filter(p -> p.toString().endsWith(".java")).sorted().toList();
      JavacTask task = (JavacTask) compiler.getTask(null, manager, d -> System.err.println(d), List.of("-proc:none", "-Xlint:none"),
          null, manager.getJavaFileObjectsFromPaths(files));
      trees = Trees.instance(task);
      elements = task.getElements();
      positions = trees.getSourcePositions();
      List<CompilationUnitTree> units = new ArrayList<>();
      task.parse().forEach(units::add);
      task.analyze();
      out.append("{\"kind\":\"unit\",\"unit\":\"utf16\"}\n");
      for (CompilationUnitTree unit : units) new Definitions().scan(unit, unit);
      overriding();
      for (CompilationUnitTree unit : units) new Calls().scan(unit, unit);
      System.out.print(out);
    }
  }
}
