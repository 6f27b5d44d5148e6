package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LifecycleScenarioTest {

    @Test
    void theUsualFlowSucceeds() {
        InMemoryMooring mooring = new InMemoryMooring();
        mooring.connect("files");
        assertThat(mooring.connector().connects().count()).isEqualTo(1);
    }
}
