package dev.tallygate.loadtest;

import dev.tallygate.loadtest.drive.LoadtestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where a run keeps data and logs of the processes under test. One made here is removed by a run
 * that succeeded; a folder that the operator named stays.
 */
final class WorkDirectory {
  private final Path path;
  private final boolean temporary;

  private WorkDirectory(Path path, boolean temporary) {
    this.path = path;
    this.temporary = temporary;
  }

  static WorkDirectory open(@Nullable Path named) {
    try {
      if (named == null)
        return new WorkDirectory(Files.createTempDirectory("tallygate-loadtest-"), true);
      Path absolute = Files.createDirectories(named.toAbsolutePath().normalize());
      if (isEmpty(absolute)) return new WorkDirectory(absolute, false);
      throw new LoadtestException("`" + named + "` is not empty: a run needs a folder of its own");
    } catch (IOException e) {
      throw new LoadtestException("cannot make a folder for the run: " + e.getMessage(), e);
    }
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.findAny().isEmpty();
    }
  }

  Path path() {
    return path;
  }

  /** Removes what is temporary; for a run that succeeded. */
  void discard() {
    if (!temporary) return;
    try (Stream<Path> all = Files.walk(path)) {
      List<Path> deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
      for (Path each : deepestFirst) Files.deleteIfExists(each);
    } catch (IOException e) {
      throw new LoadtestException("cannot remove `" + path + "`: " + e.getMessage(), e);
    }
  }
}
