"""Learning rates that change from step to step."""

import torch


def one_cycle(optimizer, learning_rate, steps, **settings):
    """The optimizer, with a learning rate that rises from 4 % to `learning_rate` and falls to 0.

    It rises over three tenths of the `steps`, and follows a cosine both ways. settings: of
    torch.optim.lr_scheduler.OneCycleLR. (Smith and Topin 2017, arXiv:1708.07120.)
    """
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, learning_rate, total_steps=steps + 1, **settings
    )
    optimizer.register_step_post_hook(lambda *_: schedule.step())
    return optimizer
