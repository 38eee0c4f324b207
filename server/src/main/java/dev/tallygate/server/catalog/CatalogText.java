package dev.tallygate.server.catalog;

import dev.tallygate.proto.log.v1.Entitlement;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The text of a catalog: YAML documents of kind Entitlement, read into the canonical entitlements
 * that the log carries, and written from them. Pure: needs no node, so a command line can check
 * files before anybody applies them.
 */
public final class CatalogText {
  /** Bound on a text, and on several that are read together, in bytes of UTF-8. */
  public static final int BYTES_MAX = 1 << 20;

  private static final String NAME_KEY = "metadata.name";

  /** Problems that are told at once. */
  static final int PROBLEMS_MAX = 100;

  private CatalogText() {}

  /** One file, or the whole of a text that is none. */
  public record Source(String file, String yaml) {}

  /**
   * What a text says.
   *
   * @param entitlements sorted by name, without numbers and set; to be used only where there are no
   *     problems
   * @param problems in the order of their place, at most 100
   * @param places where each entitlement begins, by its name
   */
  public record Reading(
      List<Entitlement> entitlements, List<Problem> problems, Map<String, Place> places) {
    public Reading {
      entitlements = List.copyOf(entitlements);
      problems = List.copyOf(problems);
      places = Map.copyOf(places);
    }

    /** Problems that only show beside other sets, by name of the entitlement, in their place. */
    List<Problem> beside(Map<String, String> problems) {
      List<Problem> found = new ArrayList<>();
      problems.forEach((name, what) -> found.add(problem(name, what)));
      return found.subList(0, Math.min(found.size(), PROBLEMS_MAX));
    }

    private Problem problem(String name, String what) {
      Place place = places.get(name);
      return place == null
          ? new Problem(1, 1, NAME_KEY, what)
          : new Problem(place.file(), place.line(), place.column(), NAME_KEY, what);
    }
  }

  /** Where a document begins. */
  public record Place(String file, int line, int column) {
    @Override
    public String toString() {
      return (file.isEmpty() ? "line " : file + ":") + line;
    }
  }

  /** Reads a text; says everything that is wrong with it at once. */
  public static Reading read(String yaml) {
    return read(List.of(new Source("", yaml)));
  }

  /** Reads files as one text; says everything that is wrong with any of them at once. */
  public static Reading read(List<Source> sources) {
    Files files = new Files();
    sources.forEach(files::read);
    return files.reading();
  }

  /** The files read so far. */
  private static final class Files {
    private final List<Problem> problems = new ArrayList<>();
    private final Map<String, Entitlement> byName = new TreeMap<>();
    private final Map<String, Place> places = new LinkedHashMap<>();
    private long bytes;

    void read(Source source) {
      long before = bytes;
      bytes += source.yaml().getBytes(StandardCharsets.UTF_8).length;
      if (bytes > BYTES_MAX) {
        // Once: each file that follows is too much as well.
        if (before <= BYTES_MAX) problems.add(tooLarge().in(source.file()));
        return;
      }
      if (problems.size() >= PROBLEMS_MAX) return;
      Problems found = new Problems();
      for (YamlNode document : YamlNode.documents(source.yaml(), found)) {
        // Nothing more would be told, and reading on costs what the author likes.
        if (found.isFull()) break;
        read(source.file(), document, found);
      }
      for (Problem problem : found.inOrder()) problems.add(problem.in(source.file()));
    }

    private Problem tooLarge() {
      return new Problem(1, 1, "", "has " + bytes + " bytes, allowed are at most " + BYTES_MAX);
    }

    private void read(String file, YamlNode document, Problems found) {
      Entitlement entitlement = EntitlementReader.read(document, found);
      if (entitlement == null) return;
      String name = entitlement.getName();
      Place here = new Place(file, document.line(), document.column());
      @Nullable Place first = places.putIfAbsent(name, here);
      if (first == null) byName.put(name, entitlement);
      else
        found.add(
            new Problem(
                here.line(),
                here.column(),
                NAME_KEY,
                "the entitlement `" + name + "` stands twice; first at " + first));
    }

    Reading reading() {
      return new Reading(
          List.copyOf(byName.values()),
          problems.subList(0, Math.min(problems.size(), PROBLEMS_MAX)),
          places);
    }
  }

  /** Writes entitlements as the text that reads back into them: every key, sorted by name. */
  static String write(Iterable<Entitlement> entitlements) {
    Map<String, Entitlement> byName = new TreeMap<>();
    for (Entitlement entitlement : entitlements) byName.put(entitlement.getName(), entitlement);
    StringBuilder text = new StringBuilder();
    for (Entitlement entitlement : byName.values()) {
      if (!text.isEmpty()) text.append("---\n");
      EntitlementWriter.write(entitlement, text);
    }
    return text.toString();
  }
}
