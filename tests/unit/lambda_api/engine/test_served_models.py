from __future__ import annotations

import pytest

from lambda_api.engine.served_models import ServedModels
from lambda_api.errors import UnknownModelError

NONE, PAUL, MARY = ({"lora": [{"id": n, "scale": s}]} for n, s in ((0, 0), (0, 1), (1, 1)))
MODELS = ServedModels("twin", {"twin": NONE, "twin:paul": PAUL, "twin:mary": MARY})


def test_each_adapter_is_selected_by_its_fields_and_known_by_them_again() -> None:
    assert MODELS.ids == ["twin", "twin:paul", "twin:mary"]
    assert MODELS.selecting("twin") == NONE
    assert MODELS.selecting("twin:paul") == PAUL
    assert MODELS.adapter_in({"messages": [], **PAUL}) == "twin:paul"
    assert MODELS.adapter_in({"messages": [], **NONE}) is None


def test_without_adapters_there_is_one_model() -> None:
    alone = ServedModels("twin")
    assert alone.ids == ["twin"]
    assert alone.selecting("twin") == {}
    assert alone.adapter_in({"lora": []}) is None


@pytest.mark.parametrize("requested", ["paul", "twin:", "twin:peter", "twin:paul:mary", "TWIN"])
def test_another_model_is_unknown_whatever_it_is_made_of(requested: str) -> None:
    with pytest.raises(UnknownModelError, match="this API serves 'twin', 'twin:paul', 'twin:mary'"):
        MODELS.selecting(requested)
