// SPDX-License-Identifier: BSD-2-Clause

//! Starts components on the model.

use kaal_broker::{Broker, ComponentId, Config, Image, Resources};

use super::{EMPTY_SLOTS, Model};

/// A program without segments.
pub(crate) const IMAGE: Image<'_> = Image {
    entry: 0x20_0000,
    segments: &[],
};

/// A component whose quota is no limit for most tests.
pub(crate) const fn config(name: &'static str) -> Config {
    Config {
        quota: Resources {
            bytes: 1 << 20,
            slots: 300,
            devices: 1,
        },
        stack: 4096,
        ..Config::new(name)
    }
}

/// A broker without components.
pub(crate) fn broker(mcs: bool) -> Broker<Model> {
    let (model, untyped) = Model::new(mcs);
    Broker::new(model, EMPTY_SLOTS, untyped).unwrap()
}

/// A broker whose components all run.
pub(crate) fn started<const COUNT: usize>(
    mcs: bool,
    configs: [&'static Config; COUNT],
) -> (Broker<Model>, [ComponentId; COUNT]) {
    let mut broker = broker(mcs);
    let ids = configs.map(|config| broker.add(config).unwrap());
    for id in ids {
        broker.spawn(id, &IMAGE).unwrap();
    }
    (broker, ids)
}
