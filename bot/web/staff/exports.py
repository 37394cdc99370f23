"""Exporting a filtered list of transcripts, for leads."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response, StreamingResponse

from bot.db.exports import ExportStore
from bot.db.list_values import Filters
from bot.db.staff import By
from bot.domain import Role
from bot.web.staff.export_files import MEDIA_TYPES, csv_chunks, jsonl_chunks
from bot.web.staff.shell import Shell, SignedIn


def exports_router(shell: Shell, *, exports: ExportStore) -> APIRouter:
    """Make the route; the filters stand in its address, as they do in the list's."""
    router = APIRouter()
    lead = Depends(shell.checked(Role.LEAD))

    @router.post("/transcripts/export")
    def export(
        request: Request,
        file_format: Annotated[Literal["csv", "jsonl"], Form()] = "csv",
        with_text: Annotated[bool, Form()] = False,
        staff: SignedIn = lead,
    ) -> Response:
        now = shell.now()
        # This writes the line in the audit log: where that fails, nothing leaves.
        talks = exports.begin(
            filters=Filters.of(request.query_params),
            with_text=with_text,
            file_format=file_format,
            by=By(name=staff.name, staff_id=staff.id),
            now=now,
        )
        chunks = csv_chunks if file_format == "csv" else jsonl_chunks
        return StreamingResponse(
            chunks(talks, with_text=with_text),
            media_type=MEDIA_TYPES[file_format],
            headers={
                "Content-Disposition": f'attachment; filename="transcripts-{now:%Y-%m-%d-%H%M}.{file_format}"',
                "Cache-Control": "no-store",
            },
        )

    return router
