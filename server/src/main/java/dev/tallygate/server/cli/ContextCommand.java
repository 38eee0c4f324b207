package dev.tallygate.server.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tallygate.server.config.ContextConfig;
import dev.tallygate.server.config.ContextTls;
import dev.tallygate.server.config.ContextsConfig;
import dev.tallygate.server.config.HostPort;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Clusters that the command line knows by name. */
@Command(
    name = "context",
    mixinStandardHelpOptions = true,
    description = {
      "Clusters that the command line knows by name: whom to ask, for which tenant, with which"
          + " certificate. They are kept in $XDG_CONFIG_HOME/tallygate/contexts.yaml, by default"
          + " ~/.config/tallygate/contexts.yaml, which only you can read.",
      "",
      "Which cluster a command asks, the first of: --context or --dir; $TALLYGATE_CONTEXT, or"
          + " $TALLYGATE_TARGET and its like; the context in use; this machine. --target, --admin,"
          + " --tenant and --tls-* replace one thing of what that says."
    },
    footer = {
      "%nExamples:",
      "  tallygate context set try --dir ./try --use",
      "  tallygate context set prod --target a:7420,b:7420,c:7420 --admin a:7421 --tls-ca ca.crt"
          + " --tls-cert me.crt --tls-key me.key",
      "  tallygate pool list --context prod",
      "  tallygate context use prod",
    })
final class ContextCommand implements Runnable {
  private final Environment environment;
  @Spec private CommandSpec spec;

  ContextCommand(Environment environment) {
    this.environment = environment;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "a verb is missing: list, show, use, set or remove");
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists them; the one in use is marked. With --json, a line for each.")
  int list(@Option(names = "--json", description = "For programs.") boolean json) {
    Contexts contexts = contexts();
    TextTable table =
        new TextTable()
            .column("", TextTable.Column.TEXT)
            .column("NAME", TextTable.Column.ID)
            .column("TARGETS", TextTable.Column.TEXT)
            .column("ADMIN", TextTable.Column.TEXT)
            .column("TENANT", TextTable.Column.TEXT)
            .column("TLS", TextTable.Column.TEXT);
    PrintWriter out = spec.commandLine().getOut();
    contexts
        .config()
        .contexts()
        .forEach(
            (name, context) -> {
              if (json) out.println(Json.line(json(contexts, name)));
              else table.row(cells(contexts, name, context));
            });
    boolean none = contexts.config().contexts().isEmpty();
    if (!json && !none) out.print(table.text(TextTable.terminalWidth()));
    out.flush();
    if (!json && none) {
      say("There are none: `tallygate context set NAME --target HOST:PORT` makes one.");
    }
    return CliExit.OK.number();
  }

  private static String[] cells(Contexts contexts, String name, ContextConfig context) {
    ContextTls tls = context.tls();
    return new String[] {
      name.equals(contexts.config().current()) ? "*" : "",
      name,
      String.join(",", Contexts.texts(context.targets())),
      context.admin().isEmpty() ? "-" : String.join(",", Contexts.texts(context.admin())),
      context.tenant().isEmpty() ? "-" : context.tenant(),
      tls == null ? "plaintext" : tls.certificate() == null ? "ca" : "ca, certificate"
    };
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Shows one, and the file in which it is.")
  int show(
      @Parameters(arity = "0..1", paramLabel = "NAME", description = "Default: the one in use.")
          @Nullable String name,
      @Option(names = "--json", description = "One JSON object on standard output.") boolean json) {
    Contexts contexts = contexts();
    Contexts.Named shown = name == null ? contexts.current() : contexts.named(name);
    if (shown == null) {
      throw new CliException(
          CliExit.USAGE, "no context is in use: name one, or see `tallygate context list`");
    }
    ObjectNode node = json(contexts, shown.name());
    node.put("file", contexts.file().toString());
    StringBuilder text = new StringBuilder();
    if (json) text.append(Json.line(node)).append('\n');
    else Json.lines(node, "", text);
    PrintWriter out = spec.commandLine().getOut();
    out.print(text);
    out.flush();
    return CliExit.OK.number();
  }

  @Command(
      name = "use",
      mixinStandardHelpOptions = true,
      description = "Makes one the context of commands that name none.")
  int use(@Parameters(paramLabel = "NAME") String name) throws IOException {
    Contexts contexts = contexts();
    contexts.using(contexts.named(name).name()).write();
    say("Commands now ask `" + name + "`.");
    return CliExit.OK.number();
  }

  @Command(
      name = "remove",
      mixinStandardHelpOptions = true,
      description = "Forgets one. The files of its certificates stay.")
  int remove(@Parameters(paramLabel = "NAME") String name) throws IOException {
    Contexts contexts = contexts();
    contexts.without(contexts.named(name).name()).write();
    say("Removed `" + name + "`.");
    return CliExit.OK.number();
  }

  @Command(
      name = "set",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Makes one, or changes what is given of one that is there.",
        "Plaintext to another machine is refused unless --insecure says that it is meant."
      })
  int set(
      @Parameters(paramLabel = "NAME") String name,
      @Mixin ContextOptions options,
      @Option(names = "--use", description = "Make it the context in use.") boolean use)
      throws IOException {
    if (!ContextsConfig.NAME.matcher(name).matches()) {
      throw new ParameterException(
          spec.commandLine(), "NAME `" + name + "` is not " + ContextsConfig.NAME_FORM);
    }
    Contexts contexts = contexts();
    try {
      contexts = contexts.with(name, options.over(contexts.config().contexts().get(name)));
    } catch (IllegalArgumentException e) {
      // What a record refuses names its key, which is called like the option or nearly so.
      throw new CliException(CliExit.USAGE, String.valueOf(e.getMessage()));
    }
    if (use) contexts = contexts.using(name);
    contexts.write();
    say(
        contexts.config().current().equals(name)
            ? "Commands now ask `" + name + "`."
            : "Ask it with --context "
                + name
                + ", or with all commands after `tallygate context use "
                + name
                + "`.");
    return CliExit.OK.number();
  }

  private Contexts contexts() {
    return Contexts.read(environment);
  }

  private void say(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(line);
    err.flush();
  }

  private static ObjectNode json(Contexts contexts, String name) {
    ContextConfig context = contexts.named(name).context();
    ObjectNode node = Json.object();
    node.put("name", name).put("current", name.equals(contexts.config().current()));
    addresses(node.putArray("targets"), context.targets());
    addresses(node.putArray("admin"), context.admin());
    node.put("tenant", context.tenant());
    ContextTls tls = context.tls();
    if (tls != null) {
      ObjectNode files = node.putObject("tls").put("ca", tls.ca().toString());
      if (tls.certificate() != null) files.put("certificate", tls.certificate().toString());
      if (tls.key() != null) files.put("key", tls.key().toString());
    }
    return node.put("insecure", context.insecure());
  }

  private static void addresses(ArrayNode array, List<HostPort> addresses) {
    Contexts.texts(addresses).forEach(array::add);
  }
}
