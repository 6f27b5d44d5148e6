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
            SecretCipher cipher,
            SecretPlace secretPlace) {
        columns.with("client_id", credentials.clientId().value())
                .with(
                        "client_secret",
                        credentials
                                .secret()
                                .map(secret -> cipher.seal(secret.value(), secretPlace)))
                .with("auth_method", credentials.method().word());
    }

    static ClientCredentials read(Row row, SecretCipher cipher, SecretPlace secretPlace) {
        return new ClientCredentials(
                new ClientIdentifier(row.text("client_id")),
                row.optionalBytes("client_secret")
                        .map(sealed -> cipher.open(sealed, secretPlace))
                        .map(ClientSecret::new),
                TokenEndpointAuthMethod.parse("auth_method", row.text("auth_method")));
    }
}
