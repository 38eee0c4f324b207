package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.AllocateCommand;
import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.LeaseCommand;
import dev.tallygate.raft.state.Reader;
import dev.tallygate.raft.state.TenantView;
import java.util.SplittableRandom;

/** What one thread reuses from call to call. Nothing on it outlives a step of a call. */
final class Desk {
  final ParsedAllocate allocate = new ParsedAllocate();
  final ParsedLeaseCall lease = new ParsedLeaseCall();
  final AllocateCommand allocateCommand = new AllocateCommand();
  final LeaseCommand leaseCommand = new LeaseCommand();
  final Bytes partition = new Bytes(64);
  final Bytes attribute = new Bytes(64);
  final Bytes holder = new Bytes(64);
  final Bytes command = new Bytes(256);
  final Reader reader;
  final AnswerWriter writer;
  private final SplittableRandom references;

  Desk(Reader reader, AnswerWriter writer, SplittableRandom references) {
    this.reader = reader;
    this.writer = writer;
    this.references = references;
  }

  /** Adds the reference under which the ledger knows the command's holder, or a fresh one. */
  void reference(TenantView tenant, AllocateCommand command) {
    command.subjectRef = reader.subjectRef(tenant, command.holder);
    if (command.subjectRef != 0) return;
    command.newSubject = true;
    long drawn = references.nextLong();
    command.subjectRef = drawn == 0 ? 1 : drawn;
  }
}
