// SPDX-License-Identifier: BSD-2-Clause

//! Rules about places in physical memory.

use kaal_payload::{PhysRange, RegionKind};

use super::situation::{NO_DEVICE_TREE, NO_RAM};
use super::{Checked, Outcome, Situation, known};
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
    for (what, about, address) in addresses {
        if !address.is_page_aligned() {
            return situation
                .complaint(about, format!("the {what} isn't page-aligned"))
                .expected("a multiple of 4096")
                .found(address.to_string())
                .refused();
        }
    }
    Ok("kernel, device tree, user image and loader are page-aligned".to_owned())
}

/// `disjoint`
pub(super) fn disjoint(situation: &Situation<'_>) -> Checked {
    let memory = situation.layout.memory();
    for ((one, first), (other, second)) in memory.iter().zip(memory.iter().skip(1)) {
        if first.end > second.start {
            return situation
                .complaint(Flag::Image, format!("the {one} and the {other} overlap"))
                .expected("parts that don't overlap")
                .found(format!("{first} and {second}"))
                .remedy("build the image again without --app-offset")
                .refused();
        }
    }
    Ok(format!("{} pieces of memory, no overlap", memory.len()))
}

/// `order`
pub(super) fn order(situation: &Situation<'_>) -> Checked {
    let kernel = situation.layout.kernel();
    let device_tree = situation.layout.device_tree_slot();
    let user_image = situation.layout.user_image.memory;
    let between = match device_tree.is_empty() {
        true => "no device tree".to_owned(),
        false => format!("device tree {device_tree}"),
    };
    let found = format!("kernel {kernel}, {between}, user image {user_image}");
    if kernel.end <= device_tree.start && device_tree.end <= user_image.start {
        return Ok(found);
    }
    let problem = "the parts are in the wrong order for the kernel";
    situation
        .complaint(Flag::Image, problem)
        .expected("the kernel, then the device tree, then the user image")
        .found(found)
        .remedy("build the image again without --app-offset")
        .refused()
}

/// `ram`
pub(super) fn ram(situation: &Situation<'_>) -> Checked {
    let board = situation.ram();
    let board = board.map(|ram| (Flag::Dtb, "the device tree", ram.to_vec()));
    let platform = situation.platform.as_ref();
    let platform = platform.map(|platform| ranges::union(platform.memory.clone()));
    let platform = platform.map(|ram| (Flag::Platform, "the platform", ram));
    let sources: Vec<_> = board.into_iter().chain(platform).collect();
    if sources.is_empty() {
        return Err(Outcome::NotChecked(NO_RAM.to_owned()));
    }
    let no_map = situation.board.iter().flat_map(|board| &board.no_map);
    for (about, name, ram) in &sources {
        for (what, memory) in situation.layout.memory() {
            if !ranges::contains(ram, memory) {
                let mut no_map = no_map.clone();
                let of_others = no_map.find(|no_map| no_map.memory.overlaps(memory));
                return situation
                    .complaint(*about, format!("{name} has no RAM for the {what}"))
                    .expected(match of_others {
                        Some(of_others) => format!("a place without {of_others}"),
                        None => format!("a place within {}", ranges::describe(ram)),
                    })
                    .found(memory.to_string())
                    .remedy("build the image for this machine, with its device tree as --dtb")
                    .refused();
            }
        }
    }
    let sources = sources.iter();
    let described = sources.map(|(_, name, ram)| format!("{} by {name}", ranges::describe(ram)));
    let described = described.collect::<Vec<_>>().join(" and in ");
    Ok(format!("all of it in {described}"))
}

/// `release-words`
pub(super) fn release_words(situation: &Situation<'_>) -> Checked {
    let board = known(situation.board.as_ref(), NO_DEVICE_TREE)?;
    for word in &board.words {
        let memory = situation.layout.memory();
        let mut parts = memory.iter();
        if let Some((what, memory)) = parts.find(|(_, memory)| memory.overlaps(word.memory)) {
            return situation
                .complaint(Flag::Dtb, format!("a core polls a word in the {what}"))
                .expected(format!("a {what} without {word}"))
                .found(memory.to_string())
                .remedy("build the image for this machine, with its device tree as --dtb")
                .refused();
        }
    }
    Ok(match board.words.len() {
        0 => "no core polls a word".to_owned(),
        count => format!("words that cores poll: {count}, none of them in the image"),
    })
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
                .expected(format!("an end at {PADDR_TOP} (PADDR_TOP) or below"))
                .found(memory.to_string())
                .remedy("build the image with a --platform that has RAM below that address")
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
        return Ok(format!("{count} regions cover {whole}"));
    }
    situation
        .complaint(Flag::App, "the image lacks a part of the user image")
        .expected(format!("regions that cover {whole}"))
        .found(ranges::describe(&pieces))
        .refused()
}
