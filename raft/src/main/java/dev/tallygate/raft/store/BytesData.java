package dev.tallygate.raft.store;

import dev.tallygate.raft.state.Bytes;
import net.openhft.chronicle.algo.hashing.LongHashFunction;
import net.openhft.chronicle.bytes.BytesStore;
import net.openhft.chronicle.bytes.RandomDataInput;
import net.openhft.chronicle.bytes.RandomDataOutput;
import net.openhft.chronicle.hash.AbstractData;
import net.openhft.chronicle.hash.Data;
import net.openhft.chronicle.hash.serialization.DataAccess;
import net.openhft.chronicle.wire.WireIn;
import net.openhft.chronicle.wire.WireOut;
import org.jspecify.annotations.Nullable;

/**
 * Lets a map read keys and rows straight from the array of a {@link Bytes}. Chronicle keeps one for
 * each thread and map; it makes garbage only when it is shown another array than the time before.
 */
final class BytesData extends AbstractData<Bytes> implements DataAccess<Bytes> {
  private static final Bytes NONE = new Bytes(0);

  private transient Bytes content = NONE;
  private transient byte @Nullable [] wrapped;
  private transient @Nullable BytesStore<?, ?> store;

  @Override
  public Data<Bytes> getData(Bytes instance) {
    content = instance;
    if (!wraps(instance.array())) {
      wrapped = instance.array();
      store = BytesStore.wrap(wrapped);
    }
    return this;
  }

  @SuppressWarnings("ReferenceEquality") // It is the very array that is shown, not one like it.
  private boolean wraps(byte[] array) {
    return wrapped == array;
  }

  @Override
  public RandomDataInput bytes() {
    if (store == null) throw new IllegalStateException("no bytes shown");
    return store;
  }

  @Override
  public long offset() {
    return 0;
  }

  @Override
  public long size() {
    return content.length();
  }

  /** The same hash as of the bytes, without the detour over an accessor for each eight of them. */
  @Override
  public long hash(LongHashFunction function) {
    return function.hashBytes(content.array(), 0, content.length());
  }

  @Override
  @SuppressWarnings("rawtypes") // As the interface has it.
  public boolean equivalent(RandomDataInput source, long sourceOffset) {
    int length = content.length();
    int at = 0;
    for (; at + Long.BYTES <= length; at += Long.BYTES) {
      if (source.readLong(sourceOffset + at) != content.getLong(at)) return false;
    }
    for (; at < length; at++) {
      if (source.readByte(sourceOffset + at) != (byte) content.getByte(at)) return false;
    }
    return true;
  }

  @Override
  @SuppressWarnings("rawtypes") // As the interface has it.
  public void writeTo(RandomDataOutput target, long targetOffset) {
    target.write(targetOffset, content.array(), 0, content.length());
  }

  @Override
  public Bytes get() {
    return content;
  }

  @Override
  public Bytes getUsing(@Nullable Bytes using) {
    return (using != null ? using : new Bytes(content.length())).set(content);
  }

  @Override
  public void uninit() {
    content = NONE;
  }

  @Override
  public DataAccess<Bytes> copy() {
    return new BytesData();
  }

  @Override
  public void writeMarshallable(WireOut wire) {}

  @Override
  public void readMarshallable(WireIn wire) {
    content = NONE;
  }
}
