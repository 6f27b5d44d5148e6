package dev.mooring.adapter.persistence;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;

/**
 * Where a sealed secret belongs: what ties a ciphertext to its row.
 *
 * @param row the row's primary key
 */
record SecretPlace(SealedColumn column, String row) {

    /** An encoding that no other place has. */
    byte[] bytes() {
        byte[] columnName = column.toString().getBytes(UTF_8);
        byte[] rowName = row.getBytes(UTF_8);
        return ByteBuffer.allocate(Integer.BYTES + columnName.length + rowName.length)
                .putInt(columnName.length)
                .put(columnName)
                .put(rowName)
                .array();
    }

    @Override
    public String toString() {
        return column + " of " + row;
    }
}
