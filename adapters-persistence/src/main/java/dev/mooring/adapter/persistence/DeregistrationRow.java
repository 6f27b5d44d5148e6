package dev.mooring.adapter.persistence;

import dev.mooring.application.port.Outbox;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.lifecycle.Registration.Management;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.oauth.RegistrationAccessToken;

import java.net.URI;
import java.util.Optional;

/** A row of {@code owed_deregistration}; when it is due is not part of the entry. */
record DeregistrationRow(long number, Deregistration deregistration, int attempts) {

    Outbox.Entry<Deregistration> toEntry() {
        return new Outbox.Entry<>(number, deregistration, attempts);
    }

    static DeregistrationRow read(Row row, SecretCipher cipher) {
        long number = row.number("number");
        RowSecrets secrets = new RowSecrets(cipher, Long.toString(number));
        return new DeregistrationRow(
                number,
                new Deregistration(
                        new RegistrationId(row.text("registration_id")),
                        new Management(
                                URI.create(row.text("configuration_endpoint")),
                                new RegistrationAccessToken(
                                        secrets.open(row, SealedColumn.DEREGISTRATION_TOKEN)
                                                .orElseThrow()),
                                row.optionalText("trusted_ca").map(TrustedCa::new))),
                Math.toIntExact(row.number("attempts")));
    }

    Columns columns(SecretCipher cipher) {
        Management management = deregistration.management();
        Columns columns =
                new Columns()
                        .with("number", number)
                        .with("registration_id", deregistration.registration().value())
                        .with(
                                "configuration_endpoint",
                                management.configurationEndpoint().toString())
                        .with("trusted_ca", management.trustedCa().map(TrustedCa::pem))
                        .with("attempts", attempts);
        new RowSecrets(cipher, Long.toString(number))
                .seal(
                        columns,
                        SealedColumn.DEREGISTRATION_TOKEN,
                        Optional.of(management.accessToken()));
        return columns;
    }
}
