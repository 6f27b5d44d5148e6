package dev.mooring.adapter.persistence;

import dev.mooring.application.port.Outbox;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.DpopKey;

import java.net.URI;

/** A row of {@code owed_revocation}; when it is due is not part of the entry. */
record RevocationRow(long number, Revocation revocation, int attempts) {

    Outbox.Entry<Revocation> toEntry() {
        return new Outbox.Entry<>(number, revocation, attempts);
    }

    static RevocationRow read(Row row, SecretCipher cipher) {
        long number = row.number("number");
        RowSecrets secrets = new RowSecrets(cipher, Long.toString(number));
        return new RevocationRow(
                number,
                new Revocation(
                        new GrantId(row.text("grant_id")),
                        URI.create(row.text("revocation_endpoint")),
                        CredentialColumns.read(
                                row,
                                secrets,
                                SealedColumn.REVOCATION_SECRET,
                                SealedColumn.REVOCATION_KEY),
                        TokenColumns.read(
                                row,
                                secrets,
                                SealedColumn.REVOCATION_ACCESS_TOKEN,
                                SealedColumn.REVOCATION_REFRESH_TOKEN),
                        secrets.open(row, SealedColumn.REVOCATION_DPOP_KEY).map(DpopKey::new),
                        row.optionalText("trusted_ca").map(TrustedCa::new)),
                Math.toIntExact(row.number("attempts")));
    }

    Columns columns(SecretCipher cipher) {
        RowSecrets secrets = new RowSecrets(cipher, Long.toString(number));
        Columns columns =
                new Columns()
                        .with("number", number)
                        .with("grant_id", revocation.grant().value())
                        .with("revocation_endpoint", revocation.revocationEndpoint().toString())
                        .with("trusted_ca", revocation.trustedCa().map(TrustedCa::pem))
                        .with("attempts", attempts);
        CredentialColumns.add(
                columns,
                revocation.credentials(),
                secrets,
                SealedColumn.REVOCATION_SECRET,
                SealedColumn.REVOCATION_KEY);
        secrets.seal(columns, SealedColumn.REVOCATION_DPOP_KEY, revocation.dpopKey());
        TokenColumns.add(
                columns,
                revocation.tokens(),
                secrets,
                SealedColumn.REVOCATION_ACCESS_TOKEN,
                SealedColumn.REVOCATION_REFRESH_TOKEN);
        return columns;
    }
}
