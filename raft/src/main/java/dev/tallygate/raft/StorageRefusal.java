package dev.tallygate.raft;

import java.io.IOException;

/**
 * The storage directory is not one that this node may start on: starting could lose or double an
 * acknowledged command. The message says what was found and what the operator can do.
 */
public final class StorageRefusal extends IOException {
  private static final long serialVersionUID = 1;

  StorageRefusal(String message) {
    super(message);
  }
}
