package dev.tallygate.raft.store;

import dev.tallygate.raft.state.Bytes;
import net.openhft.chronicle.hash.serialization.SizedReader;
import net.openhft.chronicle.wire.WireIn;
import net.openhft.chronicle.wire.WireOut;
import org.jspecify.annotations.Nullable;

/**
 * Copies a key or a row out of a map into {@link Bytes}. Stateless; its name is part of the files.
 */
final class BytesCodec implements SizedReader<Bytes> {
  static final BytesCodec INSTANCE = new BytesCodec();

  private BytesCodec() {}

  @Override
  public Bytes read(net.openhft.chronicle.bytes.Bytes<?> in, long size, @Nullable Bytes using) {
    int count = Math.toIntExact(size);
    Bytes target = using != null ? using : new Bytes(count);
    target.length(count);
    in.read(target.array(), 0, count);
    return target;
  }

  @Override
  public void writeMarshallable(WireOut wire) {}

  @Override
  public void readMarshallable(WireIn wire) {}
}
