package dev.tallygate.client;

import java.util.concurrent.Callable;

/**
 * One subcommand of the command line that another module contributes through {@link
 * java.util.ServiceLoader}. The implementation carries the command line library's annotations;
 * {@link #call} returns the exit code.
 *
 * <p>It lives here because this is the only module that both the command line and its contributors
 * see, and it names no command line library so that importers of the client do not inherit one.
 */
public interface CliCommand extends Callable<Integer> {}
