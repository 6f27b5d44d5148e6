package dev.mooring.adapter.persistence;

import java.util.List;

/**
 * Seals anew, with the current key, what older keys have sealed: in small steps that any node may
 * take at any time. When nothing is left, the database forgets the older keys, and so may the
 * operator.
 */
final class Resealing {

    /** With table, key and column of a {@link SealedColumn}. */
    private static final String FIND =
            """
            select cast(%2$s as text) as row_key, %3$s as sealed from %1$s
            where %3$s is not null and substring(%3$s from 1 for :prefix_length) <> :prefix
            limit :limit
            """;

    /** By comparison, because the row's owner may have written it meanwhile. */
    private static final String REPLACE =
            """
            update %1$s set %3$s = :resealed
            where cast(%2$s as text) = :row_key and %3$s = :sealed
            """;

    private static final int AT_A_TIME = 100;

    private final EncryptionKeyTable keys;
    private final Statements statements;
    private final SecretCipher cipher;

    Resealing(EncryptionKeyTable keys, JdbcUnitOfWork unitOfWork, SecretCipher cipher) {
        this.keys = keys;
        this.statements = new Statements(unitOfWork);
        this.cipher = cipher;
    }

    /** Takes steps until nothing is left to do. */
    void run() {
        // A node that still seals with another key says so again and again, until it is restarted.
        keys.rememberCurrent();
        if (keys.holdsOthers()) {
            for (SealedColumn column : SealedColumn.values()) {
                List<Row> rows = sealedOtherwise(column);
                while (!rows.isEmpty()) {
                    rows.forEach(row -> reseal(column, row));
                    rows = sealedOtherwise(column);
                }
            }
            keys.forgetOthers();
        }
    }

    private List<Row> sealedOtherwise(SealedColumn column) {
        byte[] prefix = cipher.currentPrefix();
        return statements.all(
                sql(FIND, column),
                new Columns()
                        .with("prefix", prefix)
                        .with("prefix_length", prefix.length)
                        .with("limit", AT_A_TIME));
    }

    private void reseal(SealedColumn column, Row row) {
        SecretPlace place = column.of(row.text("row_key"));
        byte[] sealed = row.bytes("sealed");
        statements.changeOne(
                sql(REPLACE, column),
                new Columns()
                        .with("row_key", place.row())
                        .with("sealed", sealed)
                        .with("resealed", cipher.seal(cipher.open(sealed, place), place)));
    }

    private static String sql(String template, SealedColumn column) {
        return template.formatted(column.table(), column.key(), column.column());
    }
}
