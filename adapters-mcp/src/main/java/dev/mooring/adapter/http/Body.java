package dev.mooring.adapter.http;

import java.nio.charset.StandardCharsets;

/**
 * The bytes of a message. They may be tokens or credentials, so they never show in {@link
 * #toString}.
 */
public final class Body {

    public static final Body EMPTY = new Body(new byte[0]);

    private final byte[] bytes;

    private Body(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Copies nothing: the caller gives the array away. */
    public static Body of(byte[] bytes) {
        return new Body(bytes);
    }

    public static Body of(String text) {
        return new Body(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The array itself, not a copy; readers leave it as it is. */
    public byte[] bytes() {
        return bytes;
    }

    /** The bytes read as UTF-8; malformed sequences become replacement characters. */
    public String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    public int length() {
        return bytes.length;
    }

    @Override
    public String toString() {
        return "Body[" + bytes.length + " bytes]";
    }
}
