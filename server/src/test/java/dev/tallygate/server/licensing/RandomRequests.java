package dev.tallygate.server.licensing;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UnknownFieldSet;
import dev.tallygate.proto.v1.Action;
import dev.tallygate.proto.v1.AllocateRequest;
import dev.tallygate.proto.v1.EntitlementUnits;
import dev.tallygate.proto.v1.Resource;
import dev.tallygate.proto.v1.Subject;
import dev.tallygate.proto.v1.Value;
import dev.tallygate.proto.v1.ValueList;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Draws requests, and other encodings of the same requests, from a seed. */
final class RandomRequests {
  private static final String[] RUNES = {"a", "Z", "7", "-", "é", "ß", "€", "日", "😀", "\u0001"};

  private final Random random;

  RandomRequests(long seed) {
    random = new Random(seed);
  }

  AllocateRequest allocate() {
    AllocateRequest.Builder request =
        AllocateRequest.newBuilder()
            .setTenant(text(0, 8))
            .setRequestId(text(1, 12))
            .setIssuedAt(
                Timestamp.newBuilder()
                    .setSeconds(1 + random.nextLong(4_000_000_000L))
                    .setNanos(random.nextInt(1_000_000_000)))
            .setAttempt(random.nextInt(4) - 1)
            .setSubject(subject())
            .addEntitlements(
                EntitlementUnits.newBuilder()
                    .setEntitlement(text(1, 12))
                    .setUnits(random.nextInt(3) == 0 ? 0 : 1 + random.nextLong(Limits.UNITS_MAX)))
            .addAllEntitlements(others())
            .setSession(text(0, 20))
            .setDevice(text(0, 20))
            .setHold(random.nextBoolean());
    if (random.nextBoolean())
      request.setTtl(
          Duration.newBuilder()
              .setSeconds(1 + random.nextInt(100_000))
              .setNanos(random.nextInt(1_000_000_000)));
    if (random.nextBoolean()) request.setAction(Action.newBuilder().setName(text(0, 10)));
    if (random.nextBoolean()) {
      Resource.Builder resource = Resource.newBuilder().setType(text(0, 10)).setId(text(0, 20));
      for (int i = random.nextInt(4); i > 0; i--) resource.putProperties(text(1, 8), value(true));
      request.setResource(resource);
    }
    for (int i = random.nextInt(4); i > 0; i--) request.putContext(text(1, 8), value(true));
    // None twice, in no order.
    for (int i = random.nextInt(5); i > 0; i--) request.addLabels(text(1, 8) + i);
    return request.build();
  }

  Subject subject() {
    Subject.Builder subject = Subject.newBuilder().setType(text(0, 8)).setId(text(1, 16));
    for (int i = random.nextInt(4); i > 0; i--) subject.putProperties(text(1, 8), value(true));
    return subject.build();
  }

  Value value(boolean lists) {
    return switch (random.nextInt(lists ? 5 : 4)) {
      case 0 -> Value.newBuilder().setBoolValue(random.nextBoolean()).build();
      case 1 -> Value.newBuilder().setIntValue(random.nextLong() >> random.nextInt(64)).build();
      case 2 -> Value.newBuilder().setStringValue(text(0, 20)).build();
      case 3 -> Value.getDefaultInstance();
      default -> {
        ValueList.Builder list = ValueList.newBuilder();
        for (int i = random.nextInt(4); i > 0; i--) list.addValues(value(false));
        yield Value.newBuilder().setListValue(list).build();
      }
    };
  }

  String text(int min, int max) {
    StringBuilder text = new StringBuilder();
    for (int i = min + random.nextInt(max - min + 1); i > 0; i--)
      text.append(RUNES[random.nextInt(RUNES.length)]);
    return text.toString();
  }

  /**
   * The same request as other encoders may send it: fields in any order, messages in parts, fields
   * set twice, fields that nobody knows.
   */
  byte[] otherEncoding(Message request) {
    List<byte[]> pieces = new ArrayList<>();
    for (Piece piece : Piece.of(request))
      pieces.add(merges(request, piece) ? inParts(piece) : piece.bytes());
    Collections.shuffle(pieces, random);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] piece : pieces) {
      if (random.nextInt(4) == 0) out.writeBytes(unknownField());
      out.writeBytes(piece);
    }
    return out.toByteArray();
  }

  private static boolean merges(Message request, Piece piece) {
    var field = request.getDescriptorForType().findFieldByNumber(piece.number());
    boolean message = field.getJavaType() == Descriptors.FieldDescriptor.JavaType.MESSAGE;
    return message && !field.isRepeated() && !piece.content().isEmpty();
  }

  /** Splits a message field into parts that merge to the same. */
  private static byte[] inParts(Piece piece) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      for (Piece inner : Piece.of(piece.content())) {
        UnknownFieldSet part =
            UnknownFieldSet.newBuilder()
                .addField(
                    piece.number(),
                    UnknownFieldSet.Field.newBuilder()
                        .addLengthDelimited(ByteString.copyFrom(inner.bytes()))
                        .build())
                .build();
        part.writeTo(out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  byte[] unknownField() {
    UnknownFieldSet.Field.Builder field = UnknownFieldSet.Field.newBuilder();
    switch (random.nextInt(5)) {
      case 0 -> field.addVarint(random.nextLong());
      case 1 -> field.addFixed32(random.nextInt());
      case 2 -> field.addFixed64(random.nextLong());
      case 3 -> field.addLengthDelimited(ByteString.copyFromUtf8(text(0, 10)));
      default ->
          field.addGroup(
              UnknownFieldSet.newBuilder()
                  .addField(1, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
                  .build());
    }
    return UnknownFieldSet.newBuilder()
        .addField(100 + random.nextInt(5_000), field.build())
        .build()
        .toByteArray();
  }

  /** The same bytes with one to three bits, bytes or ends changed. */
  byte[] damaged(byte[] request) {
    byte[] bytes = request.clone();
    for (int i = 1 + random.nextInt(3); i > 0 && bytes.length > 0; i--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> bytes[at] = (byte) 0xFF;
        default -> bytes = java.util.Arrays.copyOf(bytes, at);
      }
    }
    return bytes;
  }

  /** One field of an encoded message, as it stands. */
  record Piece(int number, ByteString content, byte[] bytes) {
    static List<Piece> of(Message message) {
      try {
        return of(message.toByteString());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    static List<Piece> of(ByteString encoded) throws IOException {
      List<Piece> pieces = new ArrayList<>();
      UnknownFieldSet fields = UnknownFieldSet.parseFrom(encoded);
      for (var entry : fields.asMap().entrySet()) {
        for (ByteString content : entry.getValue().getLengthDelimitedList())
          pieces.add(new Piece(entry.getKey(), content, encode(entry.getKey(), content)));
        for (long varint : entry.getValue().getVarintList())
          pieces.add(new Piece(entry.getKey(), ByteString.EMPTY, encode(entry.getKey(), varint)));
      }
      return pieces;
    }

    private static byte[] encode(int number, ByteString content) throws IOException {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      CodedOutputStream coded = CodedOutputStream.newInstance(out);
      coded.writeBytes(number, content);
      coded.flush();
      return out.toByteArray();
    }

    private static byte[] encode(int number, long varint) throws IOException {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      CodedOutputStream coded = CodedOutputStream.newInstance(out);
      coded.writeInt64(number, varint);
      coded.flush();
      return out.toByteArray();
    }
  }

  /** Mostly none. */
  private List<EntitlementUnits> others() {
    List<EntitlementUnits> others = new ArrayList<>();
    for (int left = random.nextInt(4) == 0 ? random.nextInt(10) : 0; left > 0; left--)
      others.add(
          EntitlementUnits.newBuilder()
              .setEntitlement("other-" + left)
              .setUnits(random.nextInt(3))
              .build());
    return others;
  }
}
