package dev.mooring.adapter.persistence;

import dev.mooring.domain.Secret;

import java.util.Optional;

/**
 * The sealed columns of one row.
 *
 * @param key the row's primary key
 */
record RowSecrets(SecretCipher cipher, String key) {

    /** Adds a column with the sealed secret, or NULL where there is none. */
    void seal(Columns columns, SealedColumn column, Optional<? extends Secret> secret) {
        columns.with(column.column(), secret.map(s -> cipher.seal(s.value(), column.of(key))));
    }

    /** What is sealed in a column of the row, if anything is. */
    Optional<String> open(Row row, SealedColumn column) {
        return row.optionalBytes(column.column())
                .map(sealed -> cipher.open(sealed, column.of(key)));
    }
}
