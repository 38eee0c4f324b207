package dev.tallygate.raft.state;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * Plants bugs into copies of the core and demands that the simulation finds each. Only the class
 * with the bug is compiled again, in memory; the others are loaded as they are, all of the package
 * by a loader of the mutant's own.
 */
final class MutantsTest {
  private static final int SEEDS_OF_A_BUILD = 3_000;
  private static final int SEEDS = Integer.getInteger("mutants.seeds", SEEDS_OF_A_BUILD);
  private static final int STEPS = 40;
  private static final String PACKAGE = MutantsTest.class.getPackageName() + ".";

  @Test
  void simulation_plantedBug_isFound() {
    List<Executable> each =
        Stream.concat(Mutant.ALL.stream(), RetirementMutants.ALL.stream())
            .filter(mutant -> SEEDS > SEEDS_OF_A_BUILD || !Mutant.RARE.contains(mutant.breaks()))
            .<Executable>map(mutant -> () -> find(mutant))
            .toList();
    List<Stream<Executable>> found =
        IntStream.range(0, each.size()).parallel().mapToObj(i -> attempt(each.get(i))).toList();
    assertAll(found.stream().flatMap(failures -> failures));
  }

  /** With nothing planted the same road finds nothing: what the mutants fail by is the bug. */
  @Test
  void simulation_nothingPlanted_findsNothing() throws Exception {
    Mutant none = new Mutant("nothing", "Counts.java", "free -= units;", "free -= units;");
    assertEquals(null, run(compile(none), 20));
  }

  private static Stream<Executable> attempt(Executable executable) {
    try {
      executable.execute();
      return Stream.of();
    } catch (Throwable e) {
      return Stream.of(
          () -> {
            throw e;
          });
    }
  }

  private static void find(Mutant mutant) throws Exception {
    long began = System.nanoTime();
    String failure = run(compile(mutant), SEEDS);
    assertNotNull(failure, mutant.breaks() + ": not found in " + SEEDS + " seeds");
    System.out.printf(
        Locale.ROOT,
        "mutant found: %s (%d ms): %s%n",
        mutant.breaks(),
        (System.nanoTime() - began) / 1_000_000,
        failure.lines().limit(3).reduce("", (a, b) -> a + " " + shorten(b)));
  }

  private static String shorten(String line) {
    return line.length() <= 90 ? line.strip() : line.substring(0, 90).strip() + "...";
  }

  private static @Nullable String run(Map<String, byte[]> classes, int seeds) throws Exception {
    Class<?> simulation = new Loader(classes).loadClass(Simulation.class.getName());
    Method runAll = simulation.getDeclaredMethod("runAll", long.class, int.class, int.class);
    runAll.setAccessible(true);
    return (String) runAll.invoke(null, 1L, seeds, STEPS);
  }

  /** Compiles the one source with the bug in it. */
  private static Map<String, byte[]> compile(Mutant mutant) throws IOException {
    Path source =
        Path.of(System.getProperty("tallygate.home", ".."))
            .resolve("raft/src/main/java/dev/tallygate/raft/state")
            .resolve(mutant.file());
    String text = Files.readString(source);
    assertEquals(
        2,
        text.split(java.util.regex.Pattern.quote(mutant.text()), -1).length,
        mutant.breaks() + ": `" + mutant.text() + "` must stand once in " + mutant.file());
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
    try (Memory memory = new Memory(compiler.getStandardFileManager(problems, null, null))) {
      String path =
          System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
      boolean compiled =
          compiler
              .getTask(
                  null,
                  memory,
                  problems,
                  List.of("-proc:none", "-implicit:none", "-nowarn", "-classpath", path),
                  null,
                  List.of(new Source(mutant.file(), text.replace(mutant.text(), mutant.instead()))))
              .call();
      assertEquals(true, compiled, () -> mutant.breaks() + ": " + problems.getDiagnostics());
      Map<String, byte[]> classes = new HashMap<>();
      memory.classes.forEach((name, bytes) -> classes.put(name, bytes.toByteArray()));
      return classes;
    }
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String file, String text) {
      super(URI.create("string:///" + PACKAGE.replace('.', '/') + file), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  /** Keeps what is compiled. */
  private static final class Memory extends ForwardingJavaFileManager<StandardJavaFileManager> {
    final Map<String, ByteArrayOutputStream> classes = new HashMap<>();

    Memory(StandardJavaFileManager manager) {
      super(manager);
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
        JavaFileManager.Location location,
        String className,
        JavaFileObject.Kind kind,
        FileObject sibling) {
      return new SimpleJavaFileObject(URI.create("string:///" + className), kind) {
        @Override
        public OutputStream openOutputStream() {
          ByteArrayOutputStream out = new ByteArrayOutputStream();
          classes.put(className, out);
          return out;
        }
      };
    }
  }

  /** Loads the whole package anew, the mutated class among it. */
  private static final class Loader extends ClassLoader {
    private final Map<String, byte[]> mutated;

    Loader(Map<String, byte[]> mutated) {
      super(MutantsTest.class.getClassLoader());
      this.mutated = mutated;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith(PACKAGE) || name.indexOf('.', PACKAGE.length()) >= 0)
        return super.loadClass(name, resolve);
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        if (loaded != null) return loaded;
        byte[] bytes = mutated.containsKey(name) ? mutated.get(name) : read(name);
        return defineClass(name, bytes, 0, bytes.length);
      }
    }

    private byte[] read(String name) throws ClassNotFoundException {
      try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
        if (in == null) throw new ClassNotFoundException(name);
        return in.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
