package dev.tallygate.server.config;

import dev.tallygate.server.config.Faults.InvalidRecordException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the contexts of the command line, or names every fault at once with file, line and key. One
 * instance reads one text.
 */
public final class ContextsReader {
  private final Path file;
  private final FaultList faults;

  private ContextsReader(Path file) {
    this.file = file;
    faults = new FaultList(file.toString());
  }

  /**
   * @param file how the text is called in messages; paths in it are relative to its folder
   * @throws ConfigException if the text says anything that is not allowed
   */
  public static ContextsConfig parse(Path file, String text) throws ConfigException {
    return new ContextsReader(file).read(text);
  }

  private ContextsConfig read(String text) throws ConfigException {
    Section root;
    try {
      root = new Section("", Yaml.parse(text), faults);
    } catch (Yaml.SyntaxException e) {
      faults.add(e.line, "file", String.valueOf(e.getMessage()));
      throw faults.exception();
    }
    String current = root.has("current") ? root.text("current") : "";
    Map<String, ContextConfig> contexts = new LinkedHashMap<>();
    Section named = root.section("contexts");
    for (String name : named.keys()) {
      if (!ContextsConfig.NAME.matcher(name).matches()) {
        faults.add(
            named.lineOf(name), named.join(name), "the name is not " + ContextsConfig.NAME_FORM);
      }
      ContextConfig context = context(named.section(name));
      if (context != null) contexts.put(name, context);
    }
    root.refuseUnknown();
    // A context that is refused is missing from the map, and so may the current one be.
    if (!faults.isEmpty() || current == null) throw faults.exception();
    ContextsConfig config = make(root, () -> new ContextsConfig(current, contexts));
    if (config == null) throw faults.exception();
    return config;
  }

  private @Nullable ContextConfig context(Section section) {
    List<HostPort> targets = addresses(section, "targets");
    List<HostPort> admin = addresses(section, "admin");
    String tenant = section.has("tenant") ? section.text("tenant") : "";
    ContextTls tls = section.has("tls") ? tls(section.section("tls")) : null;
    boolean insecure = section.flag("insecure", false);
    section.refuseUnknown();
    if (targets == null || admin == null || tenant == null) return null;
    if (section.has("tls") && tls == null) return null;
    return make(section, () -> new ContextConfig(targets, admin, tenant, tls, insecure));
  }

  private @Nullable List<HostPort> addresses(Section section, String key) {
    List<HostPort> addresses = new ArrayList<>();
    for (String text : section.texts(key)) {
      try {
        addresses.add(HostPort.parse(text));
      } catch (IllegalArgumentException e) {
        faults.add(section.lineOf(key), section.join(key), String.valueOf(e.getMessage()));
        return null;
      }
    }
    return addresses;
  }

  private @Nullable ContextTls tls(Section section) {
    Path ca = path(section, "ca");
    Path certificate = section.has("certificate") ? path(section, "certificate") : null;
    Path key = section.has("key") ? path(section, "key") : null;
    section.refuseUnknown();
    if (ca == null) return null;
    return make(section, () -> new ContextTls(ca, certificate, key));
  }

  private @Nullable Path path(Section section, String key) {
    Path path = section.path(key);
    return path == null ? null : file.resolveSibling(path).normalize();
  }

  /** Makes a record, or notes what it refuses where its section says it. */
  private <T> @Nullable T make(Section section, Supplier<T> record) {
    try {
      return record.get();
    } catch (InvalidRecordException e) {
      e.byKey()
          .forEach(
              (key, what) -> {
                String last = key.substring(key.lastIndexOf('.') + 1);
                faults.add(section.lineOf(last), section.join(last), what);
              });
      return null;
    }
  }
}
