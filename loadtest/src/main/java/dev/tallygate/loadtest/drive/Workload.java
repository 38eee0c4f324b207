package dev.tallygate.loadtest.drive;

import io.grpc.MethodDescriptor;
import java.util.SplittableRandom;

/**
 * One kind of unary call: its method, how a fresh request is written, and how an answer is judged.
 */
public interface Workload {
  /** A method whose answers are judged as they are read; used by one event loop only. */
  MethodDescriptor<Payload, Reply> method();

  /** Writes a fresh request, with a fresh id and the present time where the call carries them. */
  void write(Payload payload, SplittableRandom random);
}
