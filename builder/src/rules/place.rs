// SPDX-License-Identifier: BSD-2-Clause

//! Rules of where things lie in physical memory.

use kaal_payload::{PhysRange, RegionKind};

use super::{Complaint, Outcome, Situation, Source};
use crate::memory::ranges;
use crate::sel4::PADDR_TOP;

/// `alignment`
pub(super) fn alignment(situation: &Situation<'_>) -> Outcome {
    let layout = &situation.layout;
    let user_image = layout.user_image.memory;
    let addresses = [
        ("kernel", Source::Kernel, layout.kernel().start),
        ("device tree", Source::DeviceTree, layout.device_tree.start),
        ("user image", Source::App, user_image.start),
        ("user image's end", Source::App, user_image.end),
        ("loader", Source::Image, layout.loader.start),
    ];
    let wrong = addresses
        .into_iter()
        .find(|(_, _, address)| !address.is_page_aligned());
    match wrong {
        None => {
            Outcome::Passed("kernel, device tree, user image and loader begin with pages".into())
        }
        Some((what, about, address)) => Outcome::Refused(
            Complaint::new(about, format!("the {what} doesn't begin with a page"))
                .expected("a multiple of 4096")
                .found(address.to_string())
                .remedy("build the image again"),
        ),
    }
}

/// `disjoint`
pub(super) fn disjoint(situation: &Situation<'_>) -> Outcome {
    let memory = situation.layout.memory();
    let overlap = memory.windows(2).find_map(|pair| match pair {
        [(one, first), (other, second)] if first.end > second.start => {
            Some((*one, *first, *other, *second))
        }
        _ => None,
    });
    match overlap {
        None => Outcome::Passed(format!(
            "{} pieces of memory, none in another",
            memory.len()
        )),
        Some((one, first, other, second)) => Outcome::Refused(
            Complaint::new(Source::Image, format!("the {one} and the {other} overlap"))
                .expected("no two parts at the same place")
                .found(format!("{first} and {second}"))
                .remedy("build the image again, without --app-offset"),
        ),
    }
}

/// `order`
pub(super) fn order(situation: &Situation<'_>) -> Outcome {
    let kernel = situation.layout.kernel();
    let device_tree = situation.layout.device_tree_slot();
    let user_image = situation.layout.user_image.memory;
    let found = format!("kernel {kernel}, device tree {device_tree}, user image {user_image}");
    if kernel.end <= device_tree.start && device_tree.end <= user_image.start {
        return Outcome::Passed(found);
    }
    Outcome::Refused(
        Complaint::new(Source::Image, "not in the order that the kernel asks for")
            .expected("the kernel, then the device tree, then the user image")
            .found(found)
            .remedy("build the image again, without --app-offset"),
    )
}

/// `ram`
pub(super) fn ram(situation: &Situation<'_>) -> Outcome {
    let board = situation.board.as_ref().and_then(|board| board.ram.clone());
    let board = board.map(|ram| (Source::DeviceTree, "the device tree", ram));
    let platform = situation.platform.as_ref();
    let platform = platform.map(|platform| {
        let memory = ranges::union(platform.memory.clone());
        (Source::Platform, "the platform", memory)
    });
    let sources: Vec<_> = board.into_iter().chain(platform).collect();
    if sources.is_empty() {
        return Outcome::NotChecked(
            "neither a device tree nor --platform says where RAM is".into(),
        );
    }
    for (about, name, ram) in &sources {
        for (what, memory) in situation.layout.memory() {
            if !ranges::contains(ram, memory) {
                return Outcome::Refused(
                    Complaint::new(*about, format!("{name} has no RAM for the {what}"))
                        .expected(format!("a place within {}", ranges::describe(ram)))
                        .found(memory.to_string())
                        .remedy("build the image for this machine, with its --dtb"),
                );
            }
        }
    }
    let described: Vec<_> = sources
        .iter()
        .map(|(_, name, ram)| format!("{} by {name}", ranges::describe(ram)))
        .collect();
    Outcome::Passed(format!("all of it in {}", described.join(" and in ")))
}

/// `paddr-top`
pub(super) fn paddr_top(situation: &Situation<'_>) -> Outcome {
    let layout = &situation.layout;
    let places = [
        ("kernel", Source::Kernel, layout.kernel()),
        ("device tree", Source::DeviceTree, layout.device_tree_slot()),
        ("user image", Source::App, layout.user_image.memory),
    ];
    let above = places
        .into_iter()
        .find(|(_, _, memory)| memory.end > PADDR_TOP);
    match above {
        None => {
            let end = places.map(|(_, _, memory)| memory.end).into_iter().max();
            let end = end.unwrap_or_default();
            Outcome::Passed(format!("up to {end}, below {PADDR_TOP}"))
        }
        Some((what, about, memory)) => Outcome::Refused(
            Complaint::new(about, format!("the kernel can't map the {what}"))
                .expected(format!("an end below {PADDR_TOP}, PADDR_TOP"))
                .found(memory.to_string())
                .remedy("build the image with a --platform that has RAM below"),
        ),
    }
}

/// `contiguous`
pub(super) fn contiguous(situation: &Situation<'_>) -> Outcome {
    let whole = situation.layout.user_image.memory;
    let pieces: Vec<PhysRange> = situation.layout.regions_of(RegionKind::UserImage).collect();
    let count = pieces.len();
    if ranges::union(pieces.clone()) == [whole] {
        return Outcome::Passed(format!("{count} regions are all of {whole}"));
    }
    Outcome::Refused(
        Complaint::new(Source::App, "not all of the user image is in the image")
            .expected(format!("regions that are all of {whole}"))
            .found(ranges::describe(&pieces))
            .remedy("build the image again"),
    )
}
