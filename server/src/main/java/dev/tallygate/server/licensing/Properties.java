package dev.tallygate.server.licensing;

import dev.tallygate.raft.state.Bytes;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The properties of a subject or a resource, or a context: a protobuf map of name to {@code
 * tallygate.v1.Value}, as pointers into the request. Reused by one thread.
 */
final class Properties {
  // The numbers of Value's fields, which are its kinds.
  static final int NONE = 0;
  static final int BOOL = 1;
  static final int INT = 2;
  static final int STRING = 3;
  static final int LIST = 4;

  private final ContentHash hash = new ContentHash();
  private byte[] request = new byte[0];
  private Entry[] entries = new Entry[0];
  private int count;

  /** One property: where its name is, what its value is, and the hash of both. */
  static final class Entry {
    int nameOffset;
    int nameLength;
    int kind;
    long number;
    int textOffset;
    int textLength;
    int listCount;
    long listHash;
    long hashHigh;
    long hashLow;

    private void clear() {
      nameOffset = 0;
      nameLength = 0;
      clearValue(NONE);
    }

    private void clearValue(int newKind) {
      kind = newKind;
      number = 0;
      textOffset = 0;
      textLength = 0;
      listCount = 0;
      listHash = 0;
    }
  }

  void clear(byte[] newRequest) {
    request = newRequest;
    count = 0;
  }

  int count() {
    return count;
  }

  /** Reads one entry of the map. Bounds are on what is sent, entries that are replaced included. */
  void read(RequestReader in, String field) throws Malformed {
    if (count == Limits.PROPERTIES_MAX)
      throw in.malformed("has more than " + Limits.PROPERTIES_MAX + " properties");
    if (count == entries.length) grow();
    Entry entry = entries[count];
    entry.clear();
    int outer = in.enter();
    for (int tag = in.tag(); tag != 0; tag = in.tag()) {
      switch (tag) {
        case 1 << 3 | RequestReader.LENGTH -> {
          entry.nameLength = in.text();
          entry.nameOffset = in.position() - entry.nameLength;
        }
        case 2 << 3 | RequestReader.LENGTH -> readValue(in, entry, false);
        default -> in.skip(tag);
      }
    }
    in.leave(outer);
    if (entry.nameLength < 1 || entry.nameLength > Limits.PROPERTY_NAME_BYTES_MAX)
      throw new Malformed(
          field,
          "a property name has "
              + entry.nameLength
              + " bytes, allowed are 1 to "
              + Limits.PROPERTY_NAME_BYTES_MAX);
    seal(entry);
    count++;
  }

  private void readValue(RequestReader in, Entry entry, boolean inList) throws Malformed {
    int outer = in.enter();
    for (int tag = in.tag(); tag != 0; tag = in.tag()) {
      switch (tag) {
        case BOOL << 3 | RequestReader.VARINT -> {
          entry.clearValue(BOOL);
          entry.number = in.bool() ? 1 : 0;
        }
        case INT << 3 | RequestReader.VARINT -> {
          entry.clearValue(INT);
          entry.number = in.varint();
        }
        case STRING << 3 | RequestReader.LENGTH -> readText(in, entry);
        case LIST << 3 | RequestReader.LENGTH -> {
          if (inList) throw in.malformed("lists do not nest");
          readList(in, entry);
        }
        default -> in.skip(tag);
      }
    }
    in.leave(outer);
  }

  private static void readText(RequestReader in, Entry entry) throws Malformed {
    entry.clearValue(STRING);
    entry.textLength = in.text();
    entry.textOffset = in.position() - entry.textLength;
    if (entry.textLength > Limits.VALUE_BYTES_MAX)
      throw in.malformed(
          "a value has "
              + entry.textLength
              + " bytes, allowed are at most "
              + Limits.VALUE_BYTES_MAX);
  }

  /** A list that is sent in parts goes on where it stood, as protobuf merges messages. */
  private void readList(RequestReader in, Entry entry) throws Malformed {
    if (entry.kind != LIST) entry.clearValue(LIST);
    Entry element = new Entry();
    int outer = in.enter();
    for (int tag = in.tag(); tag != 0; tag = in.tag()) {
      if (tag != (1 << 3 | RequestReader.LENGTH)) {
        in.skip(tag);
        continue;
      }
      if (++entry.listCount > Limits.LIST_VALUES_MAX)
        throw in.malformed("a list has more than " + Limits.LIST_VALUES_MAX + " values");
      element.clear();
      readValue(in, element, true);
      entry.listHash = addValue(hash.start(entry.listHash), element).high();
    }
    in.leave(outer);
  }

  private void seal(Entry entry) {
    addValue(hash.start(0).add(request, entry.nameOffset, entry.nameLength), entry);
    entry.hashHigh = hash.high();
    entry.hashLow = hash.low();
  }

  private ContentHash addValue(ContentHash to, Entry entry) {
    to.add(entry.kind);
    return switch (entry.kind) {
      case BOOL, INT -> to.add(entry.number);
      case STRING -> to.add(request, entry.textOffset, entry.textLength);
      case LIST -> to.add(entry.listCount).add(entry.listHash);
      default -> to;
    };
  }

  /** The property of that name; of several, the last. */
  @Nullable Entry find(byte[] name) {
    for (int i = count - 1; i >= 0; i--)
      if (named(entries[i], name, 0, name.length)) return entries[i];
    return null;
  }

  void addText(Entry property, Bytes into) {
    into.add(request, property.textOffset, property.textLength);
  }

  /** Adds all properties, whatever the order in which they were sent. */
  void addTo(ContentHash content) {
    long high = 0;
    long low = 0;
    int different = 0;
    for (int i = 0; i < count; i++) {
      if (replaced(i)) continue;
      high += entries[i].hashHigh;
      low += entries[i].hashLow;
      different++;
    }
    content.add(different).add(high).add(low);
  }

  private boolean replaced(int index) {
    Entry entry = entries[index];
    for (int i = index + 1; i < count; i++)
      if (named(entries[i], request, entry.nameOffset, entry.nameLength)) return true;
    return false;
  }

  private boolean named(Entry entry, byte[] name, int offset, int length) {
    return entry.nameLength == length
        && Arrays.equals(
            request, entry.nameOffset, entry.nameOffset + length, name, offset, offset + length);
  }

  private void grow() {
    int from = entries.length;
    entries = Arrays.copyOf(entries, Math.max(4, 2 * from));
    for (int i = from; i < entries.length; i++) entries[i] = new Entry();
  }
}
