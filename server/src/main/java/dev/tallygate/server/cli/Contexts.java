package dev.tallygate.server.cli;

import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.tallygate.server.config.ConfigException;
import dev.tallygate.server.config.ContextConfig;
import dev.tallygate.server.config.ContextTls;
import dev.tallygate.server.config.ContextsConfig;
import dev.tallygate.server.config.ContextsReader;
import dev.tallygate.server.config.HostPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The contexts of this user, in {@code contexts.yaml} of the configuration folder. The file says
 * whom administrators' commands are sent to, so nobody else may write it.
 */
final class Contexts {
  private static final String FILE = "contexts.yaml";
  private static final long FILE_BYTES_MAX = 256 << 10;
  private static final String HEAD =
      "# Clusters that the command line knows by name; see `tallygate context --help`.\n";

  /** A context with its name. */
  record Named(String name, ContextConfig context) {}

  private final Path file;
  private final ContextsConfig config;

  private Contexts(Path file, ContextsConfig config) {
    this.file = file;
    this.config = config;
  }

  /**
   * @throws CliException if the file is there and cannot be used
   */
  static Contexts read(Environment environment) {
    Path folder = environment.configFolder();
    if (folder == null) return new Contexts(Path.of(FILE), none());
    Path file = folder.resolve(FILE);
    return new Contexts(file, Files.exists(file) ? read(file) : none());
  }

  private static ContextsConfig none() {
    return new ContextsConfig("", Map.of());
  }

  private static ContextsConfig read(Path file) {
    try {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
      if (permissions.contains(PosixFilePermission.GROUP_WRITE)
          || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
        throw new CliException(
            CliExit.FAILED,
            file + ": others may write it, and so lead your commands elsewhere: chmod 600 " + file);
      }
      if (Files.size(file) > FILE_BYTES_MAX) {
        throw new CliException(CliExit.FAILED, file + ": is larger than 256 KiB");
      }
      return ContextsReader.parse(file, Files.readString(file));
    } catch (ConfigException e) {
      throw new CliException(CliExit.FAILED, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new CliException(CliExit.FAILED, file + ": cannot be read: " + e);
    }
  }

  Path file() {
    return file;
  }

  ContextsConfig config() {
    return config;
  }

  /** The one in use. */
  @Nullable Named current() {
    ContextConfig context = config.contexts().get(config.current());
    return context == null ? null : new Named(config.current(), context);
  }

  /**
   * @throws CliException if there is none of that name
   */
  Named named(String name) {
    ContextConfig context = config.contexts().get(name);
    if (context != null) return new Named(name, context);
    String known =
        config.contexts().isEmpty()
            ? "make it: `tallygate context set " + name + " --target HOST:PORT`"
            : "there are " + String.join(", ", config.contexts().keySet());
    throw new CliException(
        CliExit.USAGE, "there is no context `" + name + "` in " + file + "; " + known);
  }

  Contexts with(String name, ContextConfig context) {
    Map<String, ContextConfig> contexts = new LinkedHashMap<>(config.contexts());
    contexts.put(name, context);
    return new Contexts(file, new ContextsConfig(config.current(), contexts));
  }

  Contexts without(String name) {
    Map<String, ContextConfig> contexts = new LinkedHashMap<>(config.contexts());
    contexts.remove(name);
    String current = config.current().equals(name) ? "" : config.current();
    return new Contexts(file, new ContextsConfig(current, contexts));
  }

  Contexts using(String name) {
    return new Contexts(file, new ContextsConfig(name, config.contexts()));
  }

  /** Replaces the file as a whole, so that another command reads the old one or the new. */
  void write() throws IOException {
    Path folder = file.getParent();
    if (folder == null) {
      throw new CliException(
          CliExit.FAILED, "neither XDG_CONFIG_HOME nor HOME says where contexts are kept: set one");
    }
    Files.createDirectories(folder, mode("rwx------"));
    Path draft = Files.createTempFile(folder, FILE, ".new", mode("rw-------"));
    try {
      Files.writeString(draft, HEAD + yaml());
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  private static java.nio.file.attribute.FileAttribute<Set<PosixFilePermission>> mode(String text) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text));
  }

  private String yaml() throws IOException {
    Map<String, Object> root = new LinkedHashMap<>();
    if (!config.current().isEmpty()) root.put("current", config.current());
    Map<String, Object> contexts = new LinkedHashMap<>();
    config.contexts().forEach((name, context) -> contexts.put(name, keys(context)));
    root.put("contexts", contexts);
    return YAMLMapper.builder()
        .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
        .build()
        .writeValueAsString(root);
  }

  private static Map<String, Object> keys(ContextConfig context) {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("targets", texts(context.targets()));
    if (!context.admin().isEmpty()) keys.put("admin", texts(context.admin()));
    if (!context.tenant().isEmpty()) keys.put("tenant", context.tenant());
    ContextTls tls = context.tls();
    if (tls != null) {
      Map<String, Object> files = new LinkedHashMap<>();
      files.put("ca", tls.ca().toString());
      if (tls.certificate() != null) files.put("certificate", tls.certificate().toString());
      if (tls.key() != null) files.put("key", tls.key().toString());
      keys.put("tls", files);
    }
    if (context.insecure()) keys.put("insecure", true);
    return keys;
  }

  static List<String> texts(List<HostPort> addresses) {
    return addresses.stream().map(HostPort::toString).toList();
  }
}
