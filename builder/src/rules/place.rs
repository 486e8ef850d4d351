// SPDX-License-Identifier: BSD-2-Clause

//! Rules of where things lie in physical memory.

use kaal_payload::{PhysRange, RegionKind};

use super::{Checked, Outcome, Situation};
use crate::diagnostic::Flag;
use crate::memory::ranges;
use crate::sel4::PADDR_TOP;

/// `alignment`
pub(super) fn alignment(situation: &Situation<'_>) -> Checked {
    let layout = &situation.layout;
    let user_image = layout.user_image.memory;
    let addresses = [
        ("kernel", Flag::Kernel, layout.kernel().start),
        ("device tree", Flag::Dtb, layout.device_tree.start),
        ("user image", Flag::App, user_image.start),
        ("user image's end", Flag::App, user_image.end),
        ("loader", Flag::Image, layout.loader.start),
    ];
    let wrong = addresses
        .into_iter()
        .find(|(_, _, address)| !address.is_page_aligned());
    match wrong {
        None => Ok("kernel, device tree, user image and loader begin with pages".to_owned()),
        Some((what, about, address)) => situation
            .complaint(about, format!("the {what} doesn't begin with a page"))
            .expected("a multiple of 4096")
            .found(address.to_string())
            .refused(),
    }
}

/// `disjoint`
pub(super) fn disjoint(situation: &Situation<'_>) -> Checked {
    let memory = situation.layout.memory();
    for ((one, first), (other, second)) in memory.iter().zip(memory.iter().skip(1)) {
        if first.end > second.start {
            return situation
                .complaint(Flag::Image, format!("the {one} and the {other} overlap"))
                .expected("no two parts at the same place")
                .found(format!("{first} and {second}"))
                .remedy("build the image again, without --app-offset")
                .refused();
        }
    }
    Ok(format!(
        "{} pieces of memory, none in another",
        memory.len()
    ))
}

/// `order`
pub(super) fn order(situation: &Situation<'_>) -> Checked {
    let kernel = situation.layout.kernel();
    let device_tree = situation.layout.device_tree_slot();
    let user_image = situation.layout.user_image.memory;
    let found = format!("kernel {kernel}, device tree {device_tree}, user image {user_image}");
    if kernel.end <= device_tree.start && device_tree.end <= user_image.start {
        return Ok(found);
    }
    situation
        .complaint(Flag::Image, "not in the order that the kernel asks for")
        .expected("the kernel, then the device tree, then the user image")
        .found(found)
        .remedy("build the image again, without --app-offset")
        .refused()
}

/// `ram`
pub(super) fn ram(situation: &Situation<'_>) -> Checked {
    let board = situation.ram();
    let board = board.map(|ram| (Flag::Dtb, "the device tree", ram.to_vec()));
    let platform = situation.platform.as_ref();
    let platform = platform.map(|platform| {
        let memory = ranges::union(platform.memory.clone());
        (Flag::Platform, "the platform", memory)
    });
    let sources: Vec<_> = board.into_iter().chain(platform).collect();
    if sources.is_empty() {
        return Err(Outcome::not_checked(
            "neither a device tree nor --platform says where RAM is",
        ));
    }
    for (about, name, ram) in &sources {
        for (what, memory) in situation.layout.memory() {
            if !ranges::contains(ram, memory) {
                return situation
                    .complaint(*about, format!("{name} has no RAM for the {what}"))
                    .expected(format!("a place within {}", ranges::describe(ram)))
                    .found(memory.to_string())
                    .remedy("build the image for this machine, with its --dtb")
                    .refused();
            }
        }
    }
    let described: Vec<_> = sources
        .iter()
        .map(|(_, name, ram)| format!("{} by {name}", ranges::describe(ram)))
        .collect();
    Ok(format!("all of it in {}", described.join(" and in ")))
}

/// `paddr-top`
pub(super) fn paddr_top(situation: &Situation<'_>) -> Checked {
    let layout = &situation.layout;
    let places = [
        ("kernel", Flag::Kernel, layout.kernel()),
        ("device tree", Flag::Dtb, layout.device_tree_slot()),
        ("user image", Flag::App, layout.user_image.memory),
    ];
    for (what, about, memory) in places {
        if memory.end > PADDR_TOP {
            return situation
                .complaint(about, format!("the kernel can't map the {what}"))
                .expected(format!("an end below {PADDR_TOP}, PADDR_TOP"))
                .found(memory.to_string())
                .remedy("build the image with a --platform that has RAM below")
                .refused();
        }
    }
    let end = places.map(|(_, _, memory)| memory.end).into_iter().max();
    let end = end.unwrap_or_default();
    Ok(format!("up to {end}, below {PADDR_TOP}"))
}

/// `contiguous`
pub(super) fn contiguous(situation: &Situation<'_>) -> Checked {
    let whole = situation.layout.user_image.memory;
    let pieces: Vec<PhysRange> = situation.layout.regions_of(RegionKind::UserImage).collect();
    let count = pieces.len();
    if ranges::union(pieces.clone()) == [whole] {
        return Ok(format!("{count} regions are all of {whole}"));
    }
    situation
        .complaint(Flag::App, "not all of the user image is in the image")
        .expected(format!("regions that are all of {whole}"))
        .found(ranges::describe(&pieces))
        .refused()
}
