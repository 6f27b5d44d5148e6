package dev.mooring.adapter.persistence;

import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

/** {@link ClientCredentials} in the three columns that registrations and revocations share. */
final class CredentialColumns {

    private CredentialColumns() {}

    static void add(
            Columns columns,
            ClientCredentials credentials,
            RowSecrets secrets,
            SealedColumn secretColumn) {
        columns.with("client_id", credentials.clientId().value())
                .with("auth_method", credentials.method().word());
        secrets.seal(columns, secretColumn, credentials.secret());
    }

    static ClientCredentials read(Row row, RowSecrets secrets, SealedColumn secretColumn) {
        return new ClientCredentials(
                new ClientIdentifier(row.text("client_id")),
                secrets.open(row, secretColumn).map(ClientSecret::new),
                TokenEndpointAuthMethod.parse("auth_method", row.text("auth_method")));
    }
}
