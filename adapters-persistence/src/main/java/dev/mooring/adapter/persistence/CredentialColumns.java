package dev.mooring.adapter.persistence;

import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

/** {@link ClientCredentials} in the four columns that registrations and revocations share. */
final class CredentialColumns {

    private CredentialColumns() {}

    static void add(
            Columns columns,
            ClientCredentials credentials,
            RowSecrets secrets,
            SealedColumn secretColumn,
            SealedColumn keyColumn) {
        columns.with("client_id", credentials.clientId().value())
                .with("auth_method", credentials.method().word());
        secrets.seal(columns, secretColumn, credentials.secret());
        secrets.seal(columns, keyColumn, credentials.key().map(AssertionKeyJson::of));
    }

    static ClientCredentials read(
            Row row, RowSecrets secrets, SealedColumn secretColumn, SealedColumn keyColumn) {
        return new ClientCredentials(
                new ClientIdentifier(row.text("client_id")),
                secrets.open(row, secretColumn).map(ClientSecret::new),
                TokenEndpointAuthMethod.parse("auth_method", row.text("auth_method")),
                secrets.open(row, keyColumn).map(json -> new AssertionKeyJson(json).toKey()));
    }
}
