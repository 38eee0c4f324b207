package dev.tallygate.server.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints a script with which a shell completes commands and options. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    description = {
      "Prints a script with which a shell completes commands and options. It asks no node, and is"
          + " to be made again after an upgrade."
    },
    footer = {
      "%nBash, for this shell; and for all, with the package bash-completion:",
      "  source <(tallygate completion bash)",
      "  tallygate completion bash > ~/.local/share/bash-completion/completions/tallygate",
      "Zsh, in ~/.zshrc:",
      "  source <(tallygate completion zsh)",
    })
final class CompletionCommand implements Callable<Integer> {
  /** Shells that are known. */
  enum Shell {
    bash,
    zsh
  }

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}.")
  private Shell shell;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    // Of all commands, not only those of this command line. The script is of bash and knows how zsh
    // runs those; functions of its own do nothing for it.
    if (shell == Shell.zsh) out.println("autoload -Uz compinit && compinit");
    out.print(AutoComplete.bash("tallygate", Main.commandLine()));
    out.flush();
    return CliExit.OK.number();
  }
}
