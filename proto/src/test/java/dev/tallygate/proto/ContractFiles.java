package dev.tallygate.proto;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The files of the contract, found through the generated classes, so that none can be left out. */
final class ContractFiles {
  private static final Path CLASSES = Path.of("target", "classes");

  private ContractFiles() {}

  static List<FileDescriptorProto> all() {
    try (Stream<Path> files = Files.walk(CLASSES.resolve("dev/tallygate/proto"))) {
      return files
          .filter(file -> file.toString().endsWith(".class") && !file.toString().contains("$"))
          .map(ContractFiles::descriptorIn)
          .flatMap(Optional::stream)
          .map(FileDescriptor::toProto)
          .sorted(Comparator.comparing(FileDescriptorProto::getName))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<FileDescriptorProto> inPackage(String name) {
    return all().stream().filter(file -> file.getPackage().equals(name)).toList();
  }

  /** The number of .proto files that the jar carries. */
  static long packaged() {
    try (Stream<Path> files = Files.walk(CLASSES.resolve("tallygate"))) {
      return files.filter(file -> file.toString().endsWith(".proto")).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<FileDescriptor> descriptorIn(Path file) {
    String path = CLASSES.relativize(file).toString();
    String name =
        path.substring(0, path.length() - ".class".length())
            .replace(file.getFileSystem().getSeparator(), ".");
    try {
      Method method = Class.forName(name).getMethod("getDescriptor");
      return method.getReturnType() == FileDescriptor.class
          ? Optional.of((FileDescriptor) method.invoke(null))
          : Optional.empty();
    } catch (NoSuchMethodException e) {
      return Optional.empty(); // An interface, a stub or a builder: it carries no file.
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
