package dev.tallygate.server;

import dev.tallygate.raft.Halt;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends this process at once with {@link ExitCode#HALTED}, after one line that says why. */
public final class ProcessHalt implements Halt {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessHalt.class);

  private final AtomicBoolean halting = new AtomicBoolean();

  @Override
  public void halt(String why, @Nullable Throwable cause) {
    // Only the first cause is told: what breaks afterwards would bury it.
    if (halting.compareAndSet(false, true)) LOG.error("the node halts: {}", why, cause);
    Runtime.getRuntime().halt(ExitCode.HALTED.number());
  }
}
