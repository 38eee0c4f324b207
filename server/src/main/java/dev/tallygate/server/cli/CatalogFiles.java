package dev.tallygate.server.cli;

import dev.tallygate.server.catalog.CatalogText;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** The files of a catalog that a command was given: read as one text, in the order given. */
final class CatalogFiles {
  static final int FILES_MAX = 1_000;
  static final String SET = "The set that the files are the whole of. Default: `default`.";
  private static final int DEPTH_MAX = 16;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "PATH",
      description =
          "YAML documents of kind Entitlement, or a folder: its files *.yaml and *.yml, those of its"
              + " folders too, but for names that begin with a dot. May be given again. All together"
              + " at most 1 MiB.")
  private List<Path> named = List.of();

  @Parameters(arity = "0..*", paramLabel = "PATH", description = "The same as -f PATH.")
  private List<Path> listed = List.of();

  /**
   * Reads all files.
   *
   * @throws ParameterException where none is named
   */
  List<CatalogText.Source> read(CommandSpec spec) {
    List<Path> paths = new ArrayList<>(named);
    paths.addAll(listed);
    if (paths.isEmpty()) throw new ParameterException(spec.commandLine(), "name a file or folder");
    List<CatalogText.Source> sources = new ArrayList<>();
    for (Path path : paths) {
      for (Path file : files(path)) {
        if (sources.size() == FILES_MAX) {
          throw new CliException(
              CliExit.FAILED, "there are more than " + FILES_MAX + " files; name a smaller folder");
        }
        sources.add(new CatalogText.Source(file.toString(), text(file)));
      }
    }
    return sources;
  }

  /** One text that says what all of them say. */
  static String joined(List<CatalogText.Source> sources) {
    StringBuilder text = new StringBuilder();
    for (CatalogText.Source source : sources) {
      if (!text.isEmpty()) text.append("---\n");
      text.append(source.yaml());
      if (!source.yaml().endsWith("\n")) text.append('\n');
    }
    return text.toString();
  }

  private static List<Path> files(Path path) {
    if (!Files.isDirectory(path)) return List.of(path);
    try (Stream<Path> walk = Files.walk(path, DEPTH_MAX)) {
      List<Path> found =
          walk.filter(file -> isYaml(path.relativize(file)) && Files.isRegularFile(file))
              .sorted()
              .limit(FILES_MAX + 1L)
              .toList();
      if (found.isEmpty())
        throw new CliException(CliExit.FAILED, "`" + path + "` has no files *.yaml or *.yml");
      return found;
    } catch (IOException e) {
      throw new CliException(CliExit.FAILED, "`" + path + "` cannot be read: " + e.getMessage());
    }
  }

  private static boolean isYaml(Path relative) {
    for (Path part : relative) if (part.toString().startsWith(".")) return false;
    String name = relative.toString();
    return name.endsWith(".yaml") || name.endsWith(".yml");
  }

  private static String text(Path file) {
    try {
      if (Files.size(file) > CatalogText.BYTES_MAX)
        throw new CliException(CliExit.FAILED, "`" + file + "` is larger than 1 MiB");
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new CliException(
          CliExit.FAILED,
          "there is no file `"
              + file
              + "`: `tallygate catalog --help` shows how to write one, and ops/config/catalog.yaml of"
              + " the repository is an example");
    } catch (MalformedInputException e) {
      throw new CliException(CliExit.FAILED, "`" + file + "` is not text in UTF-8");
    } catch (IOException e) {
      throw new CliException(CliExit.FAILED, "`" + file + "` cannot be read: " + e.getMessage());
    }
  }
}
