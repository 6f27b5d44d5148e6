package dev.mooring.adapter.persistence;

import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.Debt;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.Origin;

import java.net.URI;
import java.util.Optional;

/** What a row of {@code owed_revocation} is about. */
record RevocationRow(long number, Revocation revocation) {

    /** Touches no secret. */
    static Debt debt(Row row) {
        return new Debt.OfTokens(
                owedFor(row), new GrantId(row.text("grant_id")), new Origin(row.text("origin")));
    }

    private static Optional<ClientId> owedFor(Row row) {
        return row.optionalText("owed_for").map(ClientId::new);
    }

    static RevocationRow read(Row row, SecretCipher cipher) {
        long number = row.number("number");
        RowSecrets secrets = new RowSecrets(cipher, Long.toString(number));
        return new RevocationRow(
                number,
                new Revocation(
                        owedFor(row),
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
                        row.optionalText("trusted_ca").map(TrustedCa::new)));
    }

    Columns columns(SecretCipher cipher) {
        RowSecrets secrets = new RowSecrets(cipher, Long.toString(number));
        Columns columns =
                new Columns()
                        .with("number", number)
                        .with("owed_for", revocation.client().map(ClientId::value))
                        .with("grant_id", revocation.grant().value())
                        .with("revocation_endpoint", revocation.revocationEndpoint().toString())
                        .with("trusted_ca", revocation.trustedCa().map(TrustedCa::pem));
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
