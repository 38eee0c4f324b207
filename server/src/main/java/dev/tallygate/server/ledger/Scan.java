package dev.tallygate.server.ledger;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tallygate.proto.log.v1.LedgerBody;
import dev.tallygate.raft.state.Bytes;
import dev.tallygate.raft.state.LedgerLayout;
import dev.tallygate.raft.store.LedgerFiles;
import dev.tallygate.raft.store.LedgerReader;
import java.io.Closeable;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Walks through the records of one tenant, from a position on. One thread. */
final class Scan implements Closeable {
  private final LedgerReader reader;
  private final int tenant;
  private final PoolNames names;
  private final BooleanSupplier gone;
  private LedgerBody body = LedgerBody.getDefaultInstance();

  private Scan(LedgerReader reader, PoolNames names, int tenant, BooleanSupplier gone) {
    this.reader = reader;
    this.names = names;
    this.tenant = tenant;
    this.gone = gone;
  }

  /**
   * A scan of the records behind a position.
   *
   * @param afterPosition the first record may be an earlier one, but none behind it is left out
   * @param gone whether nobody wants to know any more
   */
  static Scan after(
      LedgerFiles files, PoolNames names, int tenant, long afterPosition, BooleanSupplier gone)
      throws IOException {
    long from = afterPosition <= 0 ? files.begin() : files.seek(tenant, afterPosition);
    return at(files, names, tenant, from, gone);
  }

  /**
   * A scan of the records that follow a place in the files, which must be where a record begins.
   */
  static Scan at(LedgerFiles files, PoolNames names, int tenant, long place, BooleanSupplier gone)
      throws IOException {
    return new Scan(files.reader(place), names, tenant, gone);
  }

  /**
   * Steps to the tenant's next record.
   *
   * @return false where nothing more is published yet
   */
  boolean next() throws IOException {
    while (reader.next()) {
      if (reader.tenant() != tenant) continue;
      body = parse(reader.record());
      names.learn(tenant, reader.kind(), body);
      return true;
    }
    return false;
  }

  static LedgerBody parse(Bytes record) throws InvalidProtocolBufferException {
    return LedgerBody.parser()
        .parseFrom(Arrays.copyOfRange(record.array(), LedgerLayout.BODY, record.length()));
  }

  LedgerBody body() {
    return body;
  }

  /** Name of the record's pool; null where it is not known. */
  PoolNames.@Nullable Name pool() throws IOException {
    return names.of(tenant, body.getPool(), reader.end(), gone);
  }

  int kind() {
    return reader.kind();
  }

  long position() {
    return reader.position();
  }

  int ordinal() {
    return reader.ordinal();
  }

  long civilUs() {
    return reader.civilUs();
  }

  /** Where in the files the scan stands. */
  long end() {
    return reader.end();
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
