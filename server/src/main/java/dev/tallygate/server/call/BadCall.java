package dev.tallygate.server.call;

import dev.tallygate.server.grpc.GrpcError;

/** A request that is refused for its own shape, before anything is done. Has no stack trace. */
public abstract class BadCall extends Exception {
  private static final long serialVersionUID = 1;

  protected BadCall(String message) {
    super(message, null, false, false);
  }

  /** What the caller is told. */
  public abstract GrpcError error();
}
